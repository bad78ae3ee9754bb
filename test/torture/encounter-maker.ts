import type { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { randomFrom } from './random.ts'

const classes = ['I', 'O', 'E', 'P'] as const
const reasons = ['Chest pain', 'Fall', 'Fieber seit 3 Tagen', 'Follow-up', 'Dolor abdominal', '発熱']
const insurers = ['Aetna', 'Blue Cross', 'Medicare', 'Cigna']

/** One small request; the same for the same seed and number, and no two with the same patient. */
export function makeEncounter(seed: number, n: number): PatientEncounterRequest {
  const random = randomFrom(seed, 1_000 + n)
  const day = String(random.integer(1, 28)).padStart(2, '0')
  return {
    UserId: `torture-${random.integer(1, 40)}`,
    PatientId: `T${seed}-${n}`,
    LoginId: 'torture',
    Password: 'torture',
    Encounter: {
      EncounterDateTime: `2026-11-${day}T08:${random.integer(10, 59)}:00Z`,
      PatientClassId: random.pick(classes),
      ...(random.fraction() < 0.7 && { ReasonForVisit: random.pick(reasons) }),
      ...(random.fraction() < 0.3 && {
        Insurances: Array.from({ length: random.integer(1, 3) }, () => ({ CompanyName: random.pick(insurers) })),
      }),
    },
  }
}
