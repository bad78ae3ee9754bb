import {
  encounterStateOf,
  isPreadmitClass,
  type EncounterPhase,
  type StateRules,
} from '@encounter-gateway/shared/contract/encounter-state.ts'
import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type {
  Bundle,
  CodeableConcept,
  Coding,
  Condition,
  Encounter,
  EncounterDiagnosis,
  Extension,
  Reference,
} from 'fhir/r4.js'
import { coded, codingsOf, conceptOf, hl7Code, identifierType, vocabularies } from '../fhir-r4/codes.ts'
import { given, listOf, withoutUnusable } from '../fhir-r4/values.ts'
import { notCarried, valuesOf, type FieldPath } from '../carried/not-carried.ts'
import { ICD_10_CM, withDot } from '../icd-10-cm.ts'
import { accountOf, coveragesOf } from './billing.ts'
import { carried, carriedWithin } from './carried.ts'
import { customFields, extendBelow } from './extensions.ts'
import type { FhirOptions } from './options.ts'
import { locationsOf, participantsOf, type Translation } from './people-and-places.ts'
import { Records, type Entry, type Takes } from './records.ts'

export { carried } from './carried.ts'

const R5_ENCOUNTER = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter'

/**
 * An encounter as FHIR R4: the Encounter is the first entry, and the only one for a server that accepts nothing else.
 */
export type Translated = { encounter: Encounter; entries: Entry[]; notCarried: string[] }

/**
 * Translates a request for a server that accepts what `takes` lists. Texts that are blank or have control characters
 * cannot be expressed in FHIR; they are left out and reported as not carried.
 */
export function translate(
  order: { correlationKey: string; encounter: PatientEncounter },
  about: { options: FhirOptions; takes: Takes; patient: Reference; now: number },
): Translated {
  const { options, takes, patient } = about
  const { usable: request, unusable } = withoutUnusable(order.encounter)
  const records = new Records({ key: order.correlationKey, identifierSystem: options.identifierSystem, takes })
  const extend = extendBelow(options.extensionBaseUrl)
  const translation = { request, options, records, extend }
  const { status, phase, told } = encounterStateOf(request.Encounter, stateRules(request, options, about.now))

  const encounter: Encounter = { resourceType: 'Encounter', status, class: classOf(request, options) }
  const self = records.own('', encounter)
  const coverages = coveragesOf(patient, translation)
  const account = accountOf(patient, coverages, translation) ?? numberedAccount(translation)
  const diagnoses = diagnosesOf(patient, self, translation)
  const { Encounter: from } = request
  const system = options.codeSystems
  const more: Partial<Encounter> = {
    extension: listOf(extensionsOf(translation, told)),
    identifier: listOf([records.keyOf(''), alias(translation)]),
    type: given(from.EncounterTypeId, (code) => [conceptOf(code, system.EncounterTypeId)]),
    serviceType: given(from.MedicalServiceId, (code) => conceptOf(code, system.MedicalServiceId)),
    priority: given(from.AdmitPriorityId, (code) => conceptOf(code, system.AdmitPriorityId, vocabularies.priority)),
    subject: patient,
    participant: participantsOf(encounter, translation),
    period: given(from.EncounterDateTime ?? from.DischargeDateTime, () => ({
      start: from.EncounterDateTime,
      end: from.DischargeDateTime,
    })),
    reasonCode: listOf([given(from.ReasonForVisit, (text) => ({ text })), ...diagnoses.reasons]),
    diagnosis: listOf(diagnoses.conditions),
    account: given(account, (reference) => [reference]),
    hospitalization: given(from.AdmitSourceId, (code) => ({
      admitSource: conceptOf(code, system.AdmitSourceId, vocabularies.admitSource),
    })),
    location: locationsOf(encounter, locationStatus(phase), translation),
  }
  Object.assign(encounter, more)

  const lost = new Set([...unusable, ...leavesBelow(request, records.conflicting)])
  const arrives = (path: string) => {
    const [type = ''] = (carried[path as FieldPath] ?? '').split('.', 1)
    return type === 'Encounter' || records.takes(type) || Object.hasOwn(carriedWithin, path)
  }
  return {
    encounter,
    entries: records.entries,
    notCarried: notCarried(order.encounter, ({ path, pointer }) => !lost.has(pointer) && arrives(path)),
  }
}

/** The transaction that creates all of them or none. */
export function transactionOf(entries: Entry[]): Bundle {
  const entry = entries.map(({ resource, fullUrl, ifNoneExist }) => ({
    fullUrl,
    resource,
    request: { method: 'POST' as const, url: resource.resourceType, ...(ifNoneExist !== undefined && { ifNoneExist }) },
  }))
  return { resourceType: 'Bundle', type: 'transaction', entry }
}

/** Pointers to each value of the request at or below one of the given places. */
export function leavesBelow(request: PatientEncounter, places: string[]): string[] {
  return valuesOf(request)
    .map(({ pointer }) => pointer)
    .filter((pointer) => places.some((place) => pointer === place || pointer.startsWith(`${place}/`)))
}

/**
 * How the state of an encounter is determined. A class of the site's own system is not one of HL7's, whatever it looks
 * like.
 */
export function stateRules(
  { Encounter: { PatientClassId = '' } }: PatientEncounter,
  { codeSystems, statusCodes }: Pick<FhirOptions, 'codeSystems' | 'statusCodes'>,
  now: number,
): StateRules {
  return { now, statusCodes, preadmit: codeSystems.PatientClassId === undefined && isPreadmitClass(PatientClassId) }
}

/** R4 requires a class in each encounter, and HL7 has a code for an unknown value. */
function classOf(
  { Encounter: { PatientClassId } }: PatientEncounter,
  { codeSystems, defaultClass }: FhirOptions,
): Coding {
  if (PatientClassId !== undefined) {
    const [coding] = codingsOf(PatientClassId, codeSystems.PatientClassId, vocabularies.patientClass)
    return coding ?? { display: PatientClassId }
  }
  if (defaultClass !== undefined) return { system: vocabularies.patientClass.system, code: defaultClass }
  return { system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', code: 'UNK' }
}

function locationStatus(phase: EncounterPhase): 'planned' | 'active' | 'completed' {
  if (phase === 'planned') return 'planned'
  return phase === 'finished' ? 'completed' : 'active'
}

function alias({ request, options }: Translation) {
  const system = options.identifierSystems.EncounterAlias
  return given(request.Encounter.EncounterAlias, (value) => ({
    use: 'secondary' as const,
    type: identifierType('VN'),
    system,
    value,
  }))
}

/** Without an Account of its own, the encounter at least names the number of one. */
function numberedAccount({ request, options }: Translation): Reference | undefined {
  const system = options.identifierSystems.FinancialNumber
  return given(request.Encounter.FinancialNumber, (value) => ({
    type: 'Account',
    identifier: { type: identifierType('AN'), system, value },
  }))
}

/** Each diagnosis as a Condition of its own; if the server accepts none, as a reason of the encounter. */
function diagnosesOf(patient: Reference, self: Reference, { request, records }: Translation) {
  const codes = (request.Encounter.ICD10DXCodeIds ?? [])
    .map((code, item) => ({ code, item }))
    .filter(({ code }) => code !== '')
  const conditions: EncounterDiagnosis[] = []
  const reasons: CodeableConcept[] = []
  for (const { code, item } of codes) {
    const concept = { ...conceptOf(withDot(code), ICD_10_CM), text: code }
    if (!records.takes('Condition')) {
      reasons.push(concept)
      continue
    }
    const part = `diagnosis-${item + 1}`
    const resource: Condition = {
      resourceType: 'Condition',
      identifier: [records.keyOf(part)],
      category: [hl7Code('condition-category', 'encounter-diagnosis')],
      code: concept,
      subject: patient,
      encounter: self,
    }
    const use = coded('http://terminology.hl7.org/CodeSystem/diagnosis-role', 'AD')
    conditions.push({ condition: records.own(part, resource, item), use, rank: item + 1 })
  }
  return { conditions, reasons }
}

function extensionsOf({ request, options, extend }: Translation, statusTold: boolean): (Extension | undefined)[] {
  const { Encounter: from } = request
  const planned = (name: string, date: string | undefined) =>
    given(date, (valueDateTime) => ({ url: `${R5_ENCOUNTER}.${name}`, valueDateTime }))
  return [
    planned('plannedStartDate', from.EstimatedArrivalDateTime),
    planned('plannedEndDate', from.EstimatedDischargeDateTime),
    extend('UserId', request.UserId),
    extend('EncounterStatusId', statusTold ? undefined : from.EncounterStatusId),
    extend('FormType', from.FormType),
    extend('ReferClientId', from.ReferClientId),
    extend('EstimatedLengthOfStay', from.EstimatedLengthOfStay),
    extend('VisitorStatusId', from.VisitorStatusId),
    extend('TreatmentPhaseId', from.TreatmentPhaseId),
    extend('PatientValuablesIds', from.PatientValuablesIds),
    extend('ContributorSystemId', from.ContributorSystemId),
    ...customFields(from.CustomFields, options.extensionBaseUrl),
  ]
}
