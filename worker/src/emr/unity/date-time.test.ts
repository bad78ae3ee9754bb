import { expect, test } from 'vitest'
import { clockOf, localTime, minuteOf, usDay, written } from './date-time.ts'

const seed = '2025-12-12T20:56:11.0053317+00:00'

test('a time is sent as written, or by the clock of the EMR', () => {
  expect(localTime(seed, undefined)).toBe('2025-12-12T20:56:11')
  expect(localTime(seed, 'America/Chicago')).toBe('2025-12-12T14:56:11')
  expect(localTime('2025-07-01T03:00:00Z', 'America/Chicago')).toBe('2025-06-30T22:00:00')
  expect(localTime('2025-12-12T06:00:00Z', 'America/Chicago')).toBe('2025-12-12T00:00:00')
  expect(() => clockOf('Mars/Olympus')).toThrow(RangeError)
})

test("is written in the connection's format", () => {
  expect(written('2025-12-31T20:56:11', 'us')).toBe('12/31/2025 20:56:11')
  expect(written('2025-12-31T20:56:11', 'iso')).toBe('2025-12-31T20:56:11')
  expect(usDay('2025-12-31T20:56:11')).toBe('12/31/2025')
})

test.each([
  ['2025-12-31T20:56:11', '2025-12-31T20:56'],
  ['2025-12-31 20:56:11.003', '2025-12-31T20:56'],
  ['12/31/2025 8:56:11 PM', '2025-12-31T20:56'],
  ['12/31/2025 20:56', '2025-12-31T20:56'],
  ['1/2/2025 12:05 AM', '2025-01-02T00:05'],
  ['Dec 31 2025  8:56PM', '2025-12-31T20:56'],
  ['Jan  2 2025 12:05PM', '2025-01-02T12:05'],
  ['December 31, 2025', '2025-12-31T00:00'],
  ['12/31/2025', '2025-12-31T00:00'],
  ['/Date(1767214571000)/', '2025-12-31T20:56'],
  ['/Date(1767214571000-0600)/', '2025-12-31T14:56'],
])('reads %j', (text, minute) => {
  expect(minuteOf(text)).toBe(minute)
})

test.each(['', 'tomorrow', 'Foo 31 2025', '31.12.2025', '/Date(x)/', '/Date(99999999999999999)/'])(
  'does not guess at %j',
  (text) => {
    expect(minuteOf(text)).toBeUndefined()
  },
)
