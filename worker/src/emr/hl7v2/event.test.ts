import type { EncounterCreate } from '@encounter-gateway/shared/contract/encounter-create.ts'
import { expect, test } from 'vitest'
import { eventOf, patientClassOf } from './event.ts'
import { standard } from './profiles/standard.ts'

const now = new Date('2026-03-01T12:00:00Z')
const past = '2026-03-01T11:00:00Z'
const future = '2026-03-02T11:00:00Z'
const bed = { Location: { BedId: '1' } }

test.each<[string, EncounterCreate]>([
  ['A05', { EncounterStatusId: 'planned', PatientClassId: 'I', EncounterDateTime: past }],
  ['A05', { EncounterStatusId: 'Planned' }],
  ['A05', { PatientClassId: 'P' }],
  ['A05', { PatientClassId: 'PRENC', ...bed }],
  ['A05', { PatientClassId: 'I', EstimatedArrivalDateTime: future }],
  ['A05', { PatientClassId: 'I', EncounterDateTime: future, EstimatedArrivalDateTime: future }],
  ['A01', { PatientClassId: 'I', EncounterDateTime: past, EstimatedArrivalDateTime: past }],
  ['A01', { PatientClassId: 'I', EncounterDateTime: future }],
  ['A01', { PatientClassId: 'I' }],
  ['A01', { PatientClassId: 'imp' }],
  ['A01', { PatientClassId: 'OBSENC' }],
  ['A01', { PatientClassId: 'R', ...bed }],
  ['A01', bed],
  ['A04', { PatientClassId: 'O', ...bed }],
  ['A04', { PatientClassId: 'EMER', ...bed }],
  ['A04', { PatientClassId: 'E' }],
  ['A04', { PatientClassId: 'R' }],
  ['A04', {}],
])('%s for %j', (event, encounter) => {
  expect(eventOf(encounter, standard, now)).toBe(event)
})

test('reads a patient class of FHIR as one of HL7 v2, and leaves every other as it is', () => {
  const classes = ['IMP', 'imp', 'AMB', 'EMER', 'OBSENC', 'I', 'LOCAL', 'toString']
  expect(classes.map((each) => patientClassOf(each, standard))).toEqual('I I O E O I LOCAL toString'.split(' '))
})
