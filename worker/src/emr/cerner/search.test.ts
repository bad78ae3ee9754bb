import { expect, test } from 'vitest'
import { looksLike, queryByDate } from './search.ts'

const sent = {
  encounter: {
    resourceType: 'Encounter' as const,
    status: 'planned' as const,
    subject: { reference: 'Patient/1' },
    period: { start: '2025-03-01T08:15:30+01:00' },
    type: [{ coding: [{ code: '309308' }] }],
    location: [{ location: { reference: 'Location/9' } }],
    participant: [{ individual: { reference: 'Practitioner/5' } }],
  },
  coverages: [],
  notCarried: [],
}
const shown = {
  resourceType: 'Encounter' as const,
  id: '97',
  subject: { reference: 'Patient/1' },
  period: { start: '2025-03-01T07:15:00.000Z' },
  type: [{ coding: [{ code: '309308' }, { code: 'I' }] }],
  location: [{ location: { reference: 'Location/9' } }],
  serviceProvider: { reference: 'Organization/3' },
  participant: [{ individual: { reference: 'Practitioner/5' } }],
}

test('knows it again though Millennium keeps no seconds and shows more than was sent', () => {
  expect(looksLike(shown, sent)).toBe(true)
})

test.each([
  ['no place', { location: [] }],
  ['a contained place', { location: [{ location: { reference: '#0' } }] }],
  ['no people', { participant: [] }],
])('%s speaks neither for it nor against it', (_name, part) => {
  expect(looksLike({ ...shown, ...part }, sent)).toBe(true)
})

test.each([
  ['another patient', { subject: { reference: 'Patient/2' } }],
  ['another minute', { period: { start: '2025-03-01T07:17:00.000Z' } }],
  ['no time', { period: {} }],
  ['another type', { type: [{ coding: [{ code: 'I' }] }] }],
  ['no type', { type: [] }],
  ['another place', { location: [{ location: { reference: 'Location/8' } }] }],
  ['another clinician', { participant: [{ individual: { reference: 'Practitioner/6' } }] }],
])('%s is another encounter', (_name, part) => {
  expect(looksLike({ ...shown, ...part }, sent)).toBe(false)
})

test('asks within a minute of the time, and for nothing older than the job can be', () => {
  const order = {
    correlationKey: 'k',
    credentials: {},
    encounter: { UserId: 'u', PatientId: '1', Encounter: { EncounterDateTime: '2025-03-01T08:15:30.1234567+01:00' } },
  }
  const query = queryByDate(order, { patientId: '1', now: Date.parse('2025-03-10T00:00:00Z'), deadlineHours: 24 })
  expect([...query]).toEqual([
    ['patient', '1'],
    ['date', 'ge2025-03-01T07:14:30.123Z'],
    ['date', 'le2025-03-01T07:16:30.123Z'],
    ['_lastUpdated', 'ge2025-03-05T00:00:00.000Z'],
  ])
})
