import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Random } from './random.ts'

/** Ways to spoil a line, each of them a 400 of its own kind. */
const ways: ((encounter: PatientEncounter) => string)[] = [
  (encounter) => JSON.stringify({ ...encounter, PatientId: undefined }),
  (encounter) => JSON.stringify({ ...encounter, UserId: 17 }),
  (encounter) =>
    JSON.stringify({ ...encounter, Encounter: { ...encounter.Encounter, EncounterDateTime: '2026-02-30T10:00:00Z' } }),
  (encounter) => JSON.stringify({ ...encounter, Encounter: { ...encounter.Encounter, FinancialNumbr: '1' } }),
  (encounter) => JSON.stringify({ ...encounter, Encounter: { ...encounter.Encounter, ICD10DXCodeIds: 'I10' } }),
  (encounter) =>
    JSON.stringify({ ...encounter, Encounter: { ...encounter.Encounter, DischargeDateTime: '2001-01-01T00:00:00Z' } }),
  (encounter) =>
    JSON.stringify({ ...encounter, Encounter: { ...encounter.Encounter, EncounterStatusId: 'cancelled' } }),
  (encounter) => JSON.stringify({ ...encounter, Encounter: null }),
  (encounter) => JSON.stringify(encounter).slice(0, -2),
]

/** A line of NDJSON that must be refused. */
export function spoiltLine(encounter: PatientEncounter, random: Random): string {
  return random.pick(ways)(encounter)
}
