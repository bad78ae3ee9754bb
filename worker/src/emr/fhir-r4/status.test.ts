import { expect, test } from 'vitest'
import { statusOf } from './status.ts'

const now = Date.parse('2025-06-01T12:00:00Z')
const before = '2025-06-01T11:00:00Z'
const after = '2025-06-01T13:00:00Z'
const statusFor = (encounter: object, codes = {}) =>
  statusOf({ UserId: 'u', PatientId: 'p', Encounter: encounter }, codes, now)

test.each([
  [{ EncounterStatusId: 'In-Progress' }, 'in-progress'],
  [{ EncounterStatusId: 'discharged' }, 'finished'],
  [{ EncounterStatusId: 'scheduled', DischargeDateTime: before }, 'planned'],
  [{ EncounterStatusId: '854' }, 'onleave'],
])('is what %j says', (encounter, status) => {
  expect(statusFor(encounter, { '854': 'onleave' })).toEqual({ status, told: true })
})

test.each([
  [{}, 'in-progress'],
  [{ EncounterDateTime: before }, 'in-progress'],
  [{ EncounterDateTime: after }, 'planned'],
  [{ EstimatedArrivalDateTime: after }, 'planned'],
  [{ EncounterDateTime: before, DischargeDateTime: before }, 'finished'],
  [{ EncounterDateTime: before, DischargeDateTime: after }, 'in-progress'],
  [{ EncounterStatusId: 'constructor', EncounterDateTime: after }, 'planned'],
])('follows from the dates of %j', (encounter, status) => {
  expect(statusFor(encounter)).toEqual({ status, told: false })
})
