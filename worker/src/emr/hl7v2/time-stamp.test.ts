import { expect, test } from 'vitest'
import { dateOf, timeStamp } from './time-stamp.ts'

const own = { precision: 'fraction', timeZone: '' } as const

test.each([
  ['2025-12-12T20:56:11.0053317+00:00', '20251212205611.0053+0000'],
  ['2025-12-12T20:56:11.9999999Z', '20251212205611.9999+0000'],
  ['2025-12-31T23:59:59.99999-05:30', '20251231235959.9999-0530'],
  ['2025-12-12T20:56:11Z', '20251212205611+0000'],
  ['2025-12-12T20:56:11.5Z', '20251212205611.5+0000'],
])('%s is %s: cut off, never rounded', (value, expected) => {
  expect(timeStamp(value, own)).toBe(expected)
})

test('is as precise as the site requires', () => {
  const value = '2025-12-12T20:56:59.999+02:00'
  expect(timeStamp(value, { ...own, precision: 'second' })).toBe('20251212205659+0200')
  expect(timeStamp(value, { ...own, precision: 'minute' })).toBe('202512122056+0200')
})

test("in a site's time zone it has no offset, and may be on another day", () => {
  const newYork = { ...own, timeZone: 'America/New_York' }
  expect(timeStamp('2026-01-01T02:30:15.1234567Z', newYork)).toBe('20251231213015.1234')
  expect(timeStamp('2026-07-01T00:00:00Z', newYork)).toBe('20260630200000')
  expect(dateOf('2026-01-01T02:30:15Z', newYork)).toBe('20251231')
  expect(timeStamp('2026-01-01T05:00:00Z', newYork)).toBe('20260101000000')
})

test('a date is the day in the original offset', () => {
  expect(dateOf('2026-01-01T00:30:00+14:00', own)).toBe('20260101')
})
