import { expect, test } from 'vitest'
import {
  contradictionsIn,
  encounterStateOf,
  type EncounterStatus,
  type StateFields,
  type StateRules,
} from './encounter-state.ts'

const now = Date.parse('2025-06-01T12:00:00Z')
const past = '2025-06-01T11:00:00Z'
/** Within what clocks may differ by. */
const soon = '2025-06-01T12:14:00Z'
const today = '2025-06-01T15:00:00Z'
const later = '2025-06-15T12:00:00Z'
const status = (EncounterStatusId: string, more: StateFields = {}): StateFields => ({ EncounterStatusId, ...more })

test.each<[string, EncounterStatus, StateFields]>([
  ['planned', 'planned', status('planned', { EncounterDateTime: past })],
  ['planned', 'planned', status('Scheduled')],
  ['arrived', 'arrived', status('arrived')],
  ['arrived', 'triaged', status('TRIAGED')],
  ['in-progress', 'in-progress', status('In-Progress', { PatientClassId: 'P' })],
  ['in-progress', 'in-progress', status('active')],
  ['in-progress', 'onleave', status('854')],
  ['finished', 'finished', status('discharged')],
  ['cancelled', 'cancelled', status('canceled')],
  ['cancelled', 'entered-in-error', status('entered-in-error')],
])('is %s (%s) by its status: %j', (phase, word, encounter) => {
  const rules = { now, statusCodes: { '854': 'onleave' } as const }
  expect(encounterStateOf(encounter, rules)).toMatchObject({ phase, status: word, told: true })
})

test.each<[string, string[], StateFields]>([
  ['finished', ['/Encounter/DischargeDateTime'], { EncounterDateTime: past, DischargeDateTime: past }],
  ['finished', ['/Encounter/DischargeDateTime'], { PatientClassId: 'P', DischargeDateTime: past }],
  ['planned', ['/Encounter/PatientClassId'], { PatientClassId: 'P', EncounterDateTime: past }],
  ['planned', ['/Encounter/PatientClassId'], { PatientClassId: 'prenc' }],
  ['planned', ['/Encounter/EncounterDateTime'], { PatientClassId: 'IMP', EncounterDateTime: later }],
  ['planned', ['/Encounter/EncounterDateTime'], { EncounterDateTime: today }],
  ['planned', ['/Encounter/EstimatedArrivalDateTime'], { EstimatedArrivalDateTime: later }],
  ['planned', ['/Encounter/EstimatedArrivalDateTime'], { EstimatedArrivalDateTime: past }],
  ['in-progress', ['/Encounter/EncounterDateTime'], { EncounterDateTime: past, EstimatedArrivalDateTime: past }],
  ['in-progress', ['/Encounter/EncounterDateTime'], { EncounterDateTime: soon }],
  ['in-progress', ['/Encounter/EncounterDateTime'], { EncounterDateTime: past, DischargeDateTime: later }],
  ['in-progress', [], {}],
  ['planned', ['/Encounter/EncounterDateTime'], status('constructor', { EncounterDateTime: later })],
  ['in-progress', [], { EncounterStatusId: null, EncounterDateTime: null, DischargeDateTime: null }],
])('is %s because of %j: %j', (phase, because, encounter) => {
  const state = encounterStateOf(encounter, { now })
  expect(state).toEqual({ phase, status: phase, told: false, because })
})

test('an unknown status is told, and class and times say the rest', () => {
  expect(encounterStateOf(status('unknown', { EncounterDateTime: later }), { now })).toEqual({
    phase: 'planned',
    status: 'unknown',
    told: true,
    because: ['/Encounter/EncounterDateTime'],
  })
})

test("a class is preadmit where the site's own codes say so, and not where they say otherwise", () => {
  const phase = (preadmit: boolean, PatientClassId: string) =>
    encounterStateOf({ PatientClassId }, { now, preadmit }).phase
  expect([phase(true, 'VOR'), phase(false, 'P')]).toEqual(['planned', 'in-progress'])
})

const [START, END, STATUS] = ['EncounterDateTime', 'DischargeDateTime', 'EncounterStatusId']
const [ARRIVAL, DEPARTURE] = ['EstimatedArrivalDateTime', 'EstimatedDischargeDateTime']

test.each<[string[], StateFields]>([
  [[START, END], { EncounterDateTime: past, DischargeDateTime: '2025-06-01T10:59:59Z' }],
  [[START, END], { EncounterDateTime: '2025-06-01T13:00:00+02:00', DischargeDateTime: '2025-06-01T10:00:00Z' }],
  [
    [START, END],
    { EncounterDateTime: '2025-06-01T11:00:00.0000002Z', DischargeDateTime: '2025-06-01T11:00:00.0000001Z' },
  ],
  [[ARRIVAL, DEPARTURE], { EstimatedArrivalDateTime: later, EstimatedDischargeDateTime: today }],
  [[STATUS], status('cancelled')],
  [[STATUS], status('Entered-In-Error', { EncounterDateTime: later })],
  [[STATUS, START], status('in-progress', { EncounterDateTime: later })],
  [[STATUS, START], status('in-progress', { EncounterDateTime: today })],
  [[STATUS, START], status('onleave', { EncounterDateTime: later })],
  [[STATUS, START], status('arrived', { EncounterDateTime: later })],
  [[STATUS, START], status('finished', { EncounterDateTime: later })],
  [[STATUS, END], status('finished', { EncounterDateTime: past, DischargeDateTime: later })],
  [[STATUS, END], status('in-progress', { DischargeDateTime: past })],
  [[STATUS, END], status('arrived', { DischargeDateTime: soon })],
  [[STATUS, END], status('planned', { DischargeDateTime: past })],
  [[START, END, STATUS], status('finished', { EncounterDateTime: later, DischargeDateTime: today })],
])('contradicts itself at %j: %j', (names, encounter) => {
  const found = contradictionsIn(encounter, { now })
  expect(new Set(found.map(({ Pointer }) => Pointer))).toEqual(new Set(names.map((name) => `/Encounter/${name}`)))
  expect(found).toHaveLength(names.length)
})

test.each<StateFields>([
  {},
  { EncounterDateTime: past, DischargeDateTime: past },
  { EncounterDateTime: '2025-06-01T13:00:00+02:00', DischargeDateTime: '2025-06-01T11:00:00Z' },
  { EncounterDateTime: '2025-06-01T11:00:00Z', DischargeDateTime: '2025-06-01T11:00:00.0000000Z' },
  { EncounterDateTime: past, DischargeDateTime: later },
  { EncounterDateTime: later, PatientClassId: 'IMP' },
  status('planned', { EncounterDateTime: past }),
  status('planned', { EncounterDateTime: later, DischargeDateTime: later }),
  status('arrived', { EncounterDateTime: today }),
  status('in-progress', { EncounterDateTime: soon }),
  status('in-progress', { EncounterDateTime: past, DischargeDateTime: later }),
  status('finished'),
  status('finished', { EncounterDateTime: past, DischargeDateTime: soon }),
  status('unknown', { EncounterDateTime: later }),
  status('AI', { EncounterDateTime: later }),
  { EncounterDateTime: past, EstimatedArrivalDateTime: later, EstimatedDischargeDateTime: later },
])('does not contradict itself: %j', (encounter) => {
  expect(contradictionsIn(encounter, { now })).toEqual([])
})

test("an EMR's own code counts as the word it stands for", () => {
  const rules: StateRules = { now, statusCodes: { C: 'cancelled', active: 'planned' } }
  expect(contradictionsIn(status('C'), rules)).toHaveLength(1)
  expect(contradictionsIn(status('active', { EncounterDateTime: later }), rules)).toEqual([])
})

test('no message quotes a value', () => {
  const messages = contradictionsIn(
    status('in-progress', { EncounterDateTime: '2031-01-02T03:04:05Z', DischargeDateTime: '2024-01-02T03:04:05Z' }),
    { now },
  ).map(({ Message }) => Message)
  expect(messages.join(' ')).not.toMatch(/20\d\d/)
})
