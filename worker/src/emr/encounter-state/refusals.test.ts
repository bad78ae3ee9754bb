import type { StateFields } from '@encounter-gateway/shared/contract/encounter-state.ts'
import { expect, test } from 'vitest'
import { EmrError } from '../emr-error.ts'
import { begunState, consistentState } from './refusals.ts'

const now = Date.parse('2025-06-01T12:00:00Z')
const later = '2025-06-15T12:00:00Z'
const rules = { now, statusCodes: { C: 'cancelled', B: 'planned' } } as const
const request = (encounter: StateFields) => ({
  UserId: 'u',
  PatientId: 'p',
  Encounter: encounter as Record<string, string>,
})
const refusedAt = (check: typeof begunState, encounter: StateFields) => {
  try {
    check(request(encounter), rules)
    return undefined
  } catch (error) {
    if (error instanceof EmrError && error.code === 400 && !error.retry && !error.outcomeUnknown) return error.pointers
    throw error
  }
}

test.each<[string[] | undefined, StateFields]>([
  [['/Encounter/EncounterStatusId'], { EncounterStatusId: 'C' }],
  [
    ['/Encounter/EncounterStatusId', '/Encounter/EncounterDateTime'],
    { EncounterStatusId: 'active', EncounterDateTime: later },
  ],
  [undefined, { EncounterStatusId: 'B', EncounterDateTime: later }],
  [undefined, { EncounterDateTime: later }],
  [undefined, {}],
])('an EMR that accepts any state refuses at %j: %j', (pointers, encounter) => {
  expect(refusedAt(consistentState, encounter)).toEqual(pointers)
})

test.each<[string[] | undefined, StateFields]>([
  [['/Encounter/EncounterStatusId'], { EncounterStatusId: 'C' }],
  [['/Encounter/EncounterStatusId'], { EncounterStatusId: 'B' }],
  [['/Encounter/EncounterDateTime'], { EncounterDateTime: later }],
  [['/Encounter/PatientClassId'], { PatientClassId: 'P' }],
  [['/Encounter/EstimatedArrivalDateTime'], { EstimatedArrivalDateTime: later }],
  [undefined, { EncounterStatusId: 'arrived', EncounterDateTime: '2025-06-01T12:30:00Z' }],
  [undefined, {}],
])('an EMR whose encounters begin at once refuses at %j: %j', (pointers, encounter) => {
  expect(refusedAt(begunState, encounter)).toEqual(pointers)
})
