import type { EncounterCreate } from '@encounter-gateway/shared/contract/encounter-create.ts'
import { encodeEncounter } from '@encounter-gateway/worker/emr/hl7v2/encounter.ts'
import { siteOf } from '@encounter-gateway/worker/emr/hl7v2/site.ts'

/** The visits whose messages docs/emr/meditech.md and epic.md show. */
export const sampleVisits: Record<string, EncounterCreate> = {
  inpatient: {
    PatientClassId: 'IMP',
    EncounterStatusId: 'in-progress',
    EncounterDateTime: '2026-03-01T09:30:00Z',
    EncounterAlias: 'V1001',
    FinancialNumber: 'F2001',
    AttendingProviderId: 'SMITHJ',
    AdmitPriorityId: 'U',
    ReasonForVisit: 'Abdominal pain, RLQ',
    Location: { UnitId: '4W', RoomId: '402', BedId: 'A', HospitalId: 'MAIN' },
    ICD10DXCodeIds: ['K3580'],
    Insurances: [
      {
        CompanyId: 'AETNA',
        CompanyName: 'Aetna',
        HealthPlanId: 'PPO1',
        SubscriberId: 'S123456789',
        Subscriber: 'Smith, John A',
        PatientRelationshipToSubscriber: 'SPO',
      },
    ],
  },
  emergency: {
    PatientClassId: 'E',
    EncounterStatusId: 'arrived',
    EncounterDateTime: '2026-03-01T11:52:00Z',
    AdmitPriorityId: 'E',
    ReasonForVisit: 'Chest pain',
    Location: { UnitId: 'ED', HospitalId: 'MAIN' },
  },
  planned: {
    PatientClassId: 'IMP',
    EncounterDateTime: '2026-03-15T07:00:00Z',
    EncounterAlias: 'V1003',
    AdmitPriorityId: 'C',
    MedicalServiceId: 'SUR',
    ReasonForVisit: 'Hip replacement',
    EstimatedLengthOfStay: '4',
  },
  outpatient: {
    PatientClassId: 'O',
    EncounterStatusId: 'finished',
    EncounterDateTime: '2026-02-27T14:00:00Z',
    DischargeDateTime: '2026-02-27T14:40:00Z',
    EncounterAlias: 'V1004',
    AttendingProviderId: 'OKAFORA',
    ReasonForVisit: 'Suture removal',
  },
}

/** The message of a visit, a segment in each line, as a worker with this connection sends it at noon UTC on 1 March 2026. */
export function sampleMessage(visit: EncounterCreate, connection: { emrSystem: string }): string {
  const encounter = { UserId: 'REG7', PatientId: '4711', PatientIdType: 'MR', Encounter: visit }
  const order = { correlationKey: 'k2345678901234567890', encounter }
  return encodeEncounter(order, siteOf(connection), new Date('2026-03-01T12:00:00Z'))
    .bytes.toString()
    .trimEnd()
    .replaceAll('\r', '\n')
}
