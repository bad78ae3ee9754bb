import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type {
  Account,
  Condition,
  Encounter,
  Location,
  Patient,
  Practitioner,
  Reference,
  RelatedPerson,
  Resource,
} from '@medplum/fhirtypes'
import {
  codes,
  concept,
  custom,
  extension,
  insurance,
  ours,
  OURS,
  provider,
  typed,
  typeOfSystem,
  type ReadBack,
  type Resolve,
} from './fhir-read-parts.ts'

/** A resource as a server stores it. */
export type Kept = Resource & { id: string }
/** What arrived for one encounter: the Encounter, and the resources in the same transaction. */
export type KeptEncounter = { encounter: Kept; others: Kept[] }

const PLANNED = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.planned'

/**
 * JSON Pointers to the values of `sent` that are not where a reader of R4 looks for them. Written from the
 * specification, independent of the connector except for the names of its extensions.
 */
export function missingFrom(kept: KeptEncounter, sent: PatientEncounter, store: readonly Kept[]): string[] {
  return missing(sent, readBack(kept, store), '')
}

/** The pointers at which `found` differs from `sent`; if it has several forms of a value, one match is enough. */
export function missing(sent: unknown, found: ReadBack, pointer: string): string[] {
  if (typeof sent === 'object' && sent !== null) {
    const within = typeof found === 'object' ? found : {}
    return Object.entries(sent).flatMap(([name, item]) =>
      missing(item, (within as Record<string, ReadBack>)[name], `${pointer}/${name}`),
    )
  }
  return (Array.isArray(found) ? found : [found]).includes(sent as string) ? [] : [pointer]
}

function readBack({ encounter: kept, others }: KeptEncounter, store: readonly Kept[]): ReadBack {
  const encounter = kept as Encounter
  const resolve = resolver([...others, ...store])
  const account = others.find((one) => one.resourceType === 'Account')
  const coverages = others
    .filter((one) => one.resourceType === 'Coverage')
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
  const conditions = (encounter.diagnosis ?? []).map(({ condition }) => resolve<Condition>(encounter, condition)?.code)
  const icd = conditions.length > 0 ? conditions : (encounter.reasonCode ?? []).filter(({ coding }) => coding)
  const patient = resolve<Patient>(encounter, encounter.subject)
  const participants = encounter.participant ?? []
  const attends = participants.findIndex(({ type, extension }) => concept(type?.[0]).includes('ATND') && !extension)
  const attending = resolve<Practitioner>(encounter, participants[attends]?.individual)
  return {
    UserId: ours(encounter, 'UserId'),
    PatientId: [
      encounter.subject?.reference?.split('/')[1],
      encounter.subject?.identifier?.value,
      patient?.identifier?.[0]?.value,
    ],
    PatientIdType: [
      ...concept(encounter.subject?.identifier?.type),
      ...(patient?.identifier?.map(typeOfSystem) ?? []),
      encounter.subject?.reference && 'FHIR id',
    ],
    Encounter: {
      ...Object.fromEntries(
        (encounter.extension ?? [])
          .filter(({ url }) => url?.startsWith(OURS))
          .map((one) => [one.url?.slice(OURS.length), one.valueString]),
      ),
      EncounterDateTime: encounter.period?.start,
      DischargeDateTime: encounter.period?.end,
      AttendingProviderId: attending?.identifier?.[0]?.value,
      EncounterStatusId: [encounter.status, ours(encounter, 'EncounterStatusId')],
      EncounterTypeId: concept(encounter.type?.[0]),
      Location: places(encounter, resolve),
      MedicalServiceId: concept(encounter.serviceType),
      ReasonForVisit: encounter.reasonCode?.find(({ coding }) => !coding)?.text,
      PatientClassId: codes(encounter.class),
      AdmitPriorityId: concept(encounter.priority),
      AdmitSourceId: concept(encounter.hospitalization?.admitSource),
      EncounterAlias: encounter.identifier?.find(({ use }) => use === 'secondary')?.value,
      ...guarantor(account, resolve),
      Insurances: coverages.map((coverage) => insurance(coverage, resolve)),
      FinancialNumber: [typed(account, 'AN'), encounter.account?.[0]?.identifier?.value],
      ProvidersType: participants
        .filter((_one, index) => index !== attends)
        .map((one) => provider(encounter, one, resolve)),
      ICD10DXCodeIds: icd.map((code) => [code?.coding?.[0]?.code, code?.text]),
      CustomFields: custom(encounter),
      EstimatedArrivalDateTime: extension(encounter, `${PLANNED}StartDate`)?.valueDateTime,
      EstimatedDischargeDateTime: extension(encounter, `${PLANNED}EndDate`)?.valueDateTime,
    },
  }
}

function resolver(known: readonly Kept[]): Resolve {
  return <Target extends Resource>(holder: Resource | undefined, reference: Reference | undefined) => {
    const target = reference?.reference
    const contained = holder && 'contained' in holder ? (holder.contained ?? []) : []
    const found = target?.startsWith('#')
      ? contained.find(({ id }) => `#${id}` === target)
      : known.find(({ resourceType, id }) => `${resourceType}/${id}` === target)
    return found as Target | undefined
  }
}

function places(encounter: Encounter, resolve: Resolve): ReadBack {
  const fields: Record<string, string> = { bd: 'BedId', ro: 'RoomId', wa: 'UnitId', si: 'HospitalId' }
  const found: [string, ReadBack][] = []
  let holder: Encounter | Location = encounter
  let reference: Reference | undefined = encounter.location?.[0]?.location
  while (reference) {
    const place: Location | undefined = resolve<Location>(holder, reference)
    if (!place) break
    if (!reference.reference?.startsWith('#')) holder = place
    found.push([fields[place.physicalType?.coding?.[0]?.code ?? ''] ?? '', place.identifier?.[0]?.value])
    reference = place.partOf
  }
  return Object.fromEntries(found)
}

function guarantor(account: Account | undefined, resolve: Resolve): Record<string, ReadBack> {
  const [one] = account?.guarantor ?? []
  const party = resolve<RelatedPerson>(account, one?.party)
  return {
    GuarantorId: [party?.identifier?.[0]?.value, one?.party?.identifier?.value],
    GuarantorTypeId: ours(one, 'GuarantorTypeId'),
    GuarantorRelationshipToPatientId: concept(party?.relationship?.[0]),
  }
}
