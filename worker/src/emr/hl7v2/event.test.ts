import type { EncounterCreate } from '@encounter-gateway/shared/contract/encounter-create.ts'
import { encounterStateOf } from '@encounter-gateway/shared/contract/encounter-state.ts'
import { expect, test } from 'vitest'
import { eventOf, patientClassOf, stateRules } from './event.ts'
import { standard } from './profiles/standard.ts'
import type { Site } from './options.ts'

const now = new Date('2026-03-01T12:00:00Z')
const past = '2026-03-01T11:00:00Z'
const future = '2026-03-02T11:00:00Z'
const bed = { Location: { BedId: '1' } }
const event = (encounter: EncounterCreate, site: Site = standard) =>
  eventOf(encounter, encounterStateOf(encounter, stateRules(encounter, site, now)), site)

test.each<[string, EncounterCreate]>([
  ['A05', { EncounterStatusId: 'planned', PatientClassId: 'I', EncounterDateTime: past }],
  ['A05', { EncounterStatusId: 'Planned' }],
  ['A05', { PatientClassId: 'P' }],
  ['A05', { PatientClassId: 'PRENC', ...bed }],
  ['A05', { PatientClassId: 'I', EstimatedArrivalDateTime: future }],
  ['A05', { PatientClassId: 'I', EncounterDateTime: future, EstimatedArrivalDateTime: future }],
  ['A05', { PatientClassId: 'IMP', EncounterDateTime: future }],
  ['A01', { PatientClassId: 'I', EncounterDateTime: past, EstimatedArrivalDateTime: past }],
  ['A01', { PatientClassId: 'I' }],
  ['A01', { PatientClassId: 'imp' }],
  ['A01', { PatientClassId: 'OBSENC' }],
  ['A01', { PatientClassId: 'R', ...bed }],
  ['A01', bed],
  ['A01', { PatientClassId: 'I', EncounterDateTime: past, DischargeDateTime: past }],
  ['A04', { PatientClassId: 'P', EncounterStatusId: 'arrived', ...bed }],
  ['A04', { PatientClassId: 'O', ...bed }],
  ['A04', { PatientClassId: 'EMER', ...bed }],
  ['A04', { PatientClassId: 'E' }],
  ['A04', { PatientClassId: 'R' }],
  ['A04', {}],
])('%s for %j', (expected, encounter) => {
  expect(event(encounter)).toBe(expected)
})

test("a site's own codes decide: its statuses and its preadmit classes", () => {
  const site: Site = { ...standard, statusCodes: { PRE: 'planned' }, plannedStatuses: ['booked'] }
  const statuses = ['PRE', 'Booked', 'ADM']
  expect(statuses.map((EncounterStatusId) => event({ PatientClassId: 'I', EncounterStatusId }, site))).toEqual([
    'A05',
    'A05',
    'A01',
  ])
  expect(event({ PatientClassId: 'VOR' }, { ...standard, patientClasses: { VOR: 'P' } })).toBe('A05')
})

test('maps a patient class of FHIR to one of HL7 v2, and leaves every other unchanged', () => {
  const classes = ['IMP', 'imp', 'AMB', 'EMER', 'OBSENC', 'I', 'LOCAL', 'toString']
  expect(classes.map((each) => patientClassOf(each, standard))).toEqual('I I O E O I LOCAL toString'.split(' '))
})
