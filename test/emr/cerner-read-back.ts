import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { CodeableConcept, Coverage, Encounter, Patient } from '@medplum/fhirtypes'
import { missing } from './fhir-read-back.ts'
import type { ReadBack } from './fhir-read-parts.ts'

/** JSON Pointers to the values of `sent` that cannot be read from what Millennium stores. */
export function cernerMissing(
  kept: { encounter: Encounter; coverages: Coverage[] },
  sent: PatientEncounter,
  patients: readonly Patient[],
): string[] {
  return missing(sent, readBack(kept, sent, patients), '')
}

function readBack(
  { encounter, coverages }: { encounter: Encounter; coverages: Coverage[] },
  sent: PatientEncounter,
  patients: readonly Patient[],
): ReadBack {
  const patientId = idOf(encounter.subject?.reference)
  const patient = patients.find(({ id }) => id === patientId)
  const people = (encounter.participant ?? []).map(({ type, individual }) => ({
    role: code(type?.[0]),
    id: idOf(individual?.reference),
  }))
  const place = idOf(encounter.location?.[0]?.location?.reference)
  const attributes = (encounter.extension ?? []).map(({ extension = [] }) => ({
    FieldId: [extension[0]?.id, extension[0]?.id?.replace('ENCNTR:', '')],
    ResponseValue: extension[1]?.valueString,
  }))
  const identifiers = (encounter.identifier ?? []).map(({ value }) => value)
  return {
    PatientId: [patientId, patient?.identifier?.[0]?.value],
    // The type decides which patient it became: the one with this id, or the one with this number of that type.
    PatientIdType:
      patientId === sent.PatientId || patient?.identifier?.[0]?.value === sent.PatientId
        ? sent.PatientIdType
        : undefined,
    Encounter: {
      EncounterDateTime: encounter.period?.start,
      DischargeDateTime: encounter.period?.end,
      AttendingProviderId: people.find(({ role }) => role === 'ATND')?.id,
      EncounterStatusId: encounter.status,
      EncounterTypeId: code(encounter.type?.[0]),
      Location: place === undefined ? { HospitalId: idOf(encounter.serviceProvider?.reference) } : { BedId: place },
      ReasonForVisit: encounter.reasonCode?.find(({ coding }) => !coding)?.text,
      AdmitPriorityId: code(encounter.priority),
      AdmitSourceId: code(encounter.hospitalization?.admitSource),
      EncounterAlias: identifiers,
      FinancialNumber: identifiers,
      ProvidersType: (sent.Encounter.ProvidersType ?? []).map((provider) => {
        const found = people.find(({ id, role }) => id === provider.ProviderId && role === provider.ProviderType)
        return found ? { ProviderId: found.id, ProviderType: found.role } : {}
      }),
      ICD10DXCodeIds: (encounter.reasonCode ?? []).filter(({ coding }) => coding).map(code),
      CustomFields: (sent.Encounter.CustomFields ?? []).map(
        ({ FieldId }) => attributes.find((one) => one.FieldId.includes(FieldId)) ?? {},
      ),
      Insurances: (sent.Encounter.Insurances ?? []).map((insurance) => {
        const coverage = coverages.find(({ payor }) => idOf(payor?.[0]?.reference) === insurance.CompanyId)
        return coverage ? coverageRead(coverage) : {}
      }),
    },
  }
}

function coverageRead(coverage: Coverage): ReadBack {
  const classOf = (type: string) => coverage.class?.find((one) => code(one.type) === type)
  const isSelf =
    code(coverage.relationship) === 'self' && coverage.subscriber?.reference === coverage.beneficiary?.reference
  return {
    CompanyId: idOf(coverage.payor?.[0]?.reference),
    CompanyName: coverage.payor?.[0]?.display,
    HealthPlanId: classOf('plan')?.value,
    GroupName: classOf('group')?.name,
    GroupNumber: classOf('group')?.value,
    SubscriberId: coverage.subscriberId,
    Subscriber: coverage.subscriber?.display,
    PatientRelationshipToSubscriber: isSelf ? ['SEL', 'self'] : [],
    SubscriberRelationshipToPatientId: isSelf ? ['ONESELF', 'SEL'] : [],
  }
}

const code = (concept: CodeableConcept | undefined) => concept?.coding?.[0]?.code
const idOf = (reference: string | undefined) => reference?.split('/')[1]
