import { encounterStateOf } from '@encounter-gateway/shared/contract/encounter-state.ts'
import type { PatientEncounter, Provider } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { CodeableConcept, Coverage, Encounter, EncounterParticipant, Extension, Identifier } from 'fhir/r4.js'
import { refused } from '../emr-error.ts'
import { coded, codingsOf, vocabularies, type Vocabulary } from '../fhir-r4/codes.ts'
import { given, isFhirCode, isFhirId, listOf, withoutUnusable } from '../fhir-r4/values.ts'
import { notCarried, valuesOf } from '../carried/not-carried.ts'
import { ICD_10_CM, withDot } from '../icd-10-cm.ts'
import { carried } from './carried.ts'
import { coverageOf } from './coverage.ts'
import type { Site } from './options.ts'

export { carried } from './carried.ts'

const STRUCTURES = 'https://fhir-ehr.cerner.com/r4/StructureDefinition'

/** An encounter in Millennium's form: without `class`, which it infers, and with the Coverages that follow it. */
export type Translated = {
  encounter: Omit<Encounter, 'class'>
  /**
   * A Coverage to send after the encounter, with its place in the request; the reference to the encounter is still
   * missing.
   */
  coverages: { item: number; coverage: Coverage }[]
  /** JSON Pointers to what is not sent at all. */
  notCarried: string[]
}

/**
 * Translates a request for the patient of this id. Throws `EmrError` 400 if it lacks what Millennium requires: a type,
 * a place.
 */
export function translate(
  order: { correlationKey: string; encounter: PatientEncounter },
  about: { site: Site; patientId: string; now: number },
): Translated {
  const { site, patientId } = about
  const { usable: request, unusable } = withoutUnusable(order.encounter)
  const { Encounter: from } = request
  const lost = new Set(unusable)
  const lose = (pointer: string) => void lost.add(pointer)
  const place = placeOf(request, site, lose)
  const encounter: Translated['encounter'] = {
    resourceType: 'Encounter',
    extension: listOf((from.CustomFields ?? []).map((field, index) => customAttribute(field, index, lose))),
    identifier: listOf(identifiersOf(request, order.correlationKey, site, lose)),
    status: writableStatus(request, site, about.now, lose),
    type: [typeOf(request, site)],
    priority: given(from.AdmitPriorityId, (code) => conceptFrom(`${site.codeSets}3`, code, vocabularies.priority)),
    subject: { reference: `Patient/${patientId}` },
    participant: listOf(participantsOf(request, site, lose)),
    period: given(from.EncounterDateTime ?? from.DischargeDateTime, () => ({
      start: from.EncounterDateTime,
      end: from.DischargeDateTime,
    })),
    reasonCode: listOf([given(from.ReasonForVisit, (text) => ({ text })), ...diagnosesOf(request, site, lose)]),
    hospitalization: given(from.AdmitSourceId, (code) => ({
      admitSource: conceptFrom(`${site.codeSets}2`, code, vocabularies.admitSource),
    })),
    ...place,
  }
  const coverages = (from.Insurances ?? []).flatMap((insurance, item) => {
    const coverage = coverageOf(insurance, site, patientId)
    if (coverage) return [{ item, coverage }]
    for (const pointer of pointersOf(request, item)) lose(pointer)
    return []
  })
  const unsent = notCarried(order.encounter, ({ path, pointer }) => Object.hasOwn(carried, path) && !lost.has(pointer))
  return { encounter, coverages, notCarried: unsent }
}

/** Pointers to all values of one insurance. */
export function pointersOf(request: PatientEncounter, item: number): string[] {
  const prefix = `/Encounter/Insurances/${item}/`
  return valuesOf(request).flatMap(({ pointer }) => (pointer.startsWith(prefix) ? [pointer] : []))
}

type Lose = (pointer: string) => void

/**
 * Millennium's codes are numbers. Anything else is sent as a code of HL7's if it is a known one; otherwise as it is,
 * for Millennium to judge.
 */
function conceptFrom(codeSet: string, value: string, vocabulary: Vocabulary): CodeableConcept {
  const [known] = /^\d+$/.test(value) ? [] : codingsOf(value, undefined, vocabulary)
  return coded(known?.system ?? codeSet, known?.system === undefined ? value : (known.code ?? value))
}

function typeOf({ Encounter: { EncounterTypeId: id } }: PatientEncounter, site: Site): CodeableConcept {
  const pointers = ['/Encounter/EncounterTypeId']
  if (id === undefined || !isFhirCode(id))
    throw refused(400, { because: 'this EMR requires an encounter type', pointers })
  if (site.encounterTypeSystem !== undefined) return coded(site.encounterTypeSystem, id)
  const patientClass = /^[EIOPRBCNU]$/.test(id)
  return coded(patientClass ? 'http://terminology.hl7.org/CodeSystem/v2-0004' : `${site.codeSets}71`, id)
}

function writableStatus(request: PatientEncounter, site: Site, now: number, lose: Lose): Encounter['status'] {
  const { status, told } = encounterStateOf(request.Encounter, { now, statusCodes: site.statusCodes })
  if (!told) lose('/Encounter/EncounterStatusId')
  return status
}

/** Millennium requires exactly one of the two: the narrowest place, or else the hospital. */
function placeOf(
  { Encounter: from }: PatientEncounter,
  site: Site,
  lose: Lose,
): Pick<Encounter, 'location' | 'serviceProvider'> {
  const ids = from.Location ?? {}
  const fields = ['BedId', 'RoomId', 'UnitId', 'HospitalId'] as const
  const used = fields.find((field) => isFhirId(ids[field] ?? ''))
  for (const field of fields) if (field !== used) lose(`/Encounter/Location/${field}`)
  const id = used && ids[used]
  if (used !== 'HospitalId' && id !== undefined) return { location: [{ location: { reference: `Location/${id}` } }] }
  const organization = id ?? site.serviceProvider
  if (organization === undefined) {
    throw refused(400, {
      because: 'this EMR requires a location or a hospital that it knows',
      pointers: ['/Encounter/Location'],
    })
  }
  return { serviceProvider: { reference: `Organization/${organization}` } }
}

/** Type, system and value, each of them required. */
function identifiersOf({ Encounter: from }: PatientEncounter, key: string, site: Site, lose: Lose): Identifier[] {
  const alias = (
    type: { system?: string; code: string } | undefined,
    system: string | undefined,
    value: string | undefined,
  ) =>
    type && system !== undefined && value !== undefined
      ? [{ type: coded(type.system ?? `${site.codeSets}319`, type.code), system, value }]
      : []
  const financial = alias(site.financialNumberType, site.financialNumberSystem, from.FinancialNumber)
  const other = alias(site.encounterAliasType, site.encounterAliasSystem, from.EncounterAlias)
  if (financial.length === 0) lose('/Encounter/FinancialNumber')
  if (other.length === 0) lose('/Encounter/EncounterAlias')
  const ours = site.findsBy === 'identifier' ? alias(site.identifierType, site.identifierSystem, key) : []
  return [...ours, ...financial, ...other]
}

/** Someone known and the role taken, or nothing; each once. */
function participantsOf({ Encounter: from }: PatientEncounter, site: Site, lose: Lose): EncounterParticipant[] {
  const participants = new Map<string, EncounterParticipant>()
  const add = ({ ProviderId: id = '', ProviderType: type = '' }: Provider, pointers: string[]) => {
    if (!isFhirId(id) || !isFhirCode(type)) return pointers.forEach(lose)
    const role = conceptFrom(`${site.codeSets}333`, type, vocabularies.participation)
    participants.set(`${id} ${role.coding?.[0]?.code}`, {
      type: [role],
      individual: { reference: `Practitioner/${id}` },
    })
  }
  add({ ProviderId: from.AttendingProviderId ?? '', ProviderType: 'ATND' }, ['/Encounter/AttendingProviderId'])
  for (const [index, provider] of (from.ProvidersType ?? []).entries()) {
    const pointer = `/Encounter/ProvidersType/${index}`
    add(provider, [`${pointer}/ProviderId`, `${pointer}/ProviderType`])
  }
  return [...participants.values()]
}

function diagnosesOf({ Encounter: from }: PatientEncounter, site: Site, lose: Lose): CodeableConcept[] {
  return (from.ICD10DXCodeIds ?? []).flatMap((code, index) => {
    if (site.diagnoses === 'reason-codes' && isFhirCode(code)) return [coded(ICD_10_CM, withDot(code))]
    lose(`/Encounter/ICD10DXCodeIds/${index}`)
    return []
  })
}

/** A field that the site has defined for encounters; Millennium knows it by number, and expects a text as its name. */
function customAttribute(
  { FieldId, ResponseValue }: { FieldId?: string; ResponseValue?: string },
  index: number,
  lose: Lose,
): Extension | undefined {
  const [, number] = /^(?:ENCNTR:)?(\d+)$/.exec(FieldId ?? '') ?? []
  if (number === undefined || FieldId === undefined || ResponseValue === undefined) {
    lose(`/Encounter/CustomFields/${index}/FieldId`)
    lose(`/Encounter/CustomFields/${index}/ResponseValue`)
    return undefined
  }
  const name = { id: `ENCNTR:${number}`, url: 'custom-attribute-name', valueString: FieldId }
  const value = { url: 'custom-attribute-value', valueString: ResponseValue }
  return { url: `${STRUCTURES}/custom-attribute`, extension: [name, value] }
}
