import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'

type Create = PatientEncounter['Encounter']

/** An admission in codes that fit HL7 v2.5.1, and `more`. */
export const visit = (more: Partial<Create> = {}, outside: Partial<PatientEncounter> = {}): PatientEncounter => ({
  UserId: 'REG7',
  PatientId: '4711',
  PatientIdType: 'MR',
  ...outside,
  Encounter: {
    EncounterDateTime: '2026-03-01T08:30:15.1234567-05:00',
    AttendingProviderId: '71',
    PatientClassId: 'I',
    Location: { UnitId: '4W', RoomId: '402', BedId: '1', HospitalId: 'GENERAL' },
    ReasonForVisit: 'Chest pain & cough | since ~2 days',
    ...more,
  },
})
