import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { useEmr } from '../fixtures/use-emr.ts'
import { dayOf, type AthenaEncounter } from './athena-practice.ts'
import { openAthena, type SimulatedAthena } from './athena.ts'

/** A simulated athena for each test of a file, and connectors to it. */
export function useAthena(settings: Record<string, unknown> = {}) {
  return useEmr({ emrSystem: 'Athena', connector: 'athena', open: openAthena, settings })
}

/** A request of what athena can carry, and `more`. */
export const visit = (more: Partial<PatientEncounter['Encounter']> = {}): PatientEncounter => ({
  UserId: 'u1',
  PatientId: '7681',
  Encounter: { ReasonForVisit: 'Chest pain & cough', ICD10DXCodeIds: ['R07.9', 'J18.9'], ...more },
})

/** Puts an encounter into the practice: an untouched order group, created today, except for `more`. */
export function addBare({ practice }: SimulatedAthena, more: Partial<AthenaEncounter> = {}): void {
  practice.encounters.push({
    encounterid: '90',
    patientid: '7681',
    departmentid: '1',
    providerid: '71',
    encountertype: 'ORDERSONLY',
    status: 'TEMP',
    encounterdate: dayOf(new Date()),
    note: '',
    diagnoses: [],
    orders: [],
    ...more,
  })
}
