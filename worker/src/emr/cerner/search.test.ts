import { expect, test } from 'vitest'
import { verdictOn } from '../claim.ts'
import { likenessOf, queryByDate, type ShownEncounter } from './search.ts'

const noon = Date.parse('2025-03-02T12:00:00Z')
const attempts = { firstAttemptAt: noon, lastAttemptOverAt: noon + 30_000 }
const sent = {
  encounter: {
    resourceType: 'Encounter' as const,
    status: 'planned' as const,
    subject: { reference: 'Patient/1' },
    period: { start: '2025-03-01T08:15:30+01:00' },
    type: [{ coding: [{ code: '309308' }] }],
    priority: { coding: [{ code: '3' }] },
    reasonCode: [{ text: 'cough' }, { coding: [{ code: 'J18.9' }] }],
    location: [{ location: { reference: 'Location/9' } }],
    participant: ['Practitioner/5', 'Practitioner/6'].map((reference) => ({ individual: { reference } })),
    hospitalization: { admitSource: { coding: [{ code: '7' }] } },
    identifier: [{ system: 'urn:fin', value: 'F1' }],
  },
  coverages: [],
  notCarried: [],
}
const shown: ShownEncounter = {
  resourceType: 'Encounter' as const,
  id: '97',
  meta: { versionId: '0', lastUpdated: '2025-03-02T12:00:01.000Z' },
  status: 'planned',
  subject: { reference: 'Patient/1' },
  period: { start: '2025-03-01T07:15:00.000Z' },
  type: [{ coding: [{ code: '309308' }, { code: 'I' }] }],
  priority: { coding: [{ code: '3' }, { code: 'R' }] },
  reasonCode: [{ text: 'cough' }, { text: 'Pneumonia', coding: [{ code: 'J18.9' }] }],
  location: [{ location: { reference: 'Location/9' } }],
  serviceProvider: { reference: 'Organization/3' },
  participant: sent.encounter.participant,
  hospitalization: sent.encounter.hospitalization,
  identifier: [{ value: 'F1' }, { value: 'MRN' }],
}
const verdict = (part: Partial<ShownEncounter>, order = sent) =>
  verdictOn(likenessOf({ ...shown, ...part }, order), attempts, { adopts: false })

test('recognises the encounter although Millennium stores no seconds and shows more than was sent', () => {
  expect(verdict({})).toBe('ours')
})

test('a place that was not sent is inferred by Millennium, and one that was must be the same', () => {
  const { location: _location, ...without } = sent.encounter
  const atHospital = { ...sent, encounter: { ...without, serviceProvider: { reference: 'Organization/3' } } }
  expect(verdict({}, atHospital as unknown as typeof sent)).toBe('ours')
  const elsewhere = { serviceProvider: { reference: 'Organization/4' } }
  expect(verdict(elsewhere, atHospital as unknown as typeof sent)).toBe('other')
})

test.each<[string, Partial<ShownEncounter>]>([
  ['no place', { location: [] }],
  ['a contained place', { location: [{ location: { reference: '#0' } }] }],
  ['no people', { participant: [] }],
  ['one clinician less', { participant: sent.encounter.participant.slice(0, 1) }],
  ['no time', { period: {} }],
  ['no type', { type: [] }],
  ['another reason', { reasonCode: [{ text: 'fall' }, { coding: [{ code: 'J18.9' }] }] }],
  ['one diagnosis less', { reasonCode: [{ text: 'cough' }] }],
  ['no reason', { reasonCode: [] }],
  ['another priority', { priority: { coding: [{ code: '4' }] } }],
  ['another source', { hospitalization: {} }],
  ['without the FIN that was sent', { identifier: [{ value: 'F2' }] }],
  ['another status', { status: 'in-progress' }],
  ['cancelled', { status: 'cancelled' }],
  ['entered in error', { status: 'entered-in-error' }],
  ['over', { status: 'finished' }],
  ['changed since it was made', { meta: { versionId: '1', lastUpdated: '2025-03-02T12:00:01.000Z' } }],
  ['of no known age', { meta: {} }],
  ['made a minute before the first attempt', { meta: { versionId: '0', lastUpdated: '2025-03-02T11:59:00.000Z' } }],
  ['made when the attempts were over', { meta: { versionId: '0', lastUpdated: '2025-03-02T12:02:00.000Z' } }],
])('%s: unclear', (_name, part) => {
  expect(verdict(part)).toBe('unclear')
})

test.each<[string, Partial<ShownEncounter>]>([
  ['another patient', { subject: { reference: 'Patient/2' } }],
  ['another minute', { period: { start: '2025-03-01T07:17:00.000Z' } }],
  ['another type', { type: [{ coding: [{ code: 'I' }] }] }],
  ['another place', { location: [{ location: { reference: 'Location/8' } }] }],
  ['another clinician', { participant: [{ individual: { reference: 'Practitioner/7' } }] }],
  ['last changed an hour before the first attempt', { meta: { lastUpdated: '2025-03-02T11:00:00.000Z' } }],
])('%s is another encounter', (_name, part) => {
  expect(verdict(part)).toBe('other')
})

test('a finished visit is ours if ours is finished too', () => {
  const over = { ...sent, encounter: { ...sent.encounter, status: 'finished' } } as unknown as typeof sent
  expect(verdict({ status: 'finished' }, over)).toBe('ours')
})

test('asks within a minute of the time, and only for what was last changed after the first attempt began', () => {
  const order = {
    correlationKey: 'k',
    credentials: {},
    encounter: { UserId: 'u', PatientId: '1', Encounter: { EncounterDateTime: '2025-03-01T08:15:30.1234567+01:00' } },
    firstAttemptAt: noon,
  }
  expect([...queryByDate(order, '1')]).toEqual([
    ['patient', '1'],
    ['date', 'ge2025-03-01T07:14:30.123Z'],
    ['date', 'le2025-03-01T07:16:30.123Z'],
    ['_lastUpdated', 'ge2025-03-02T11:45:00.000Z'],
  ])
})
