import { expect, test } from 'vitest'
import { readDate } from './dates.ts'

const timeZone = 'America/Chicago'

test.for([
  ['23.11.2026 08:30', '2026-11-23T08:30:00-06:00'],
  ['11/23/2026 8:30', '2026-11-23T08:30:00-06:00'],
  ['23/11/2026 8:30 PM', '2026-11-23T20:30:00-06:00'],
  ['7/7/2026 8:30', '2026-07-07T08:30:00-05:00'],
  ['2026-11-23 08:30:15', '2026-11-23T08:30:15-06:00'],
  // Excel: =DATE(2026,11,23)+TIME(8,30,0)
  ['46349.3541666667', '2026-11-23T08:30:00-06:00'],
  ['2026-11-23T08:30:00.1234567Z', '2026-11-23T08:30:00.1234567Z'],
] as const)('%s is %s in Chicago', ([text, expected]) => {
  expect(readDate(text, { timeZone })).toBe(expected)
})

test.for([
  ['day and month could be either way round', '1/2/2026 8:30', { timeZone }],
  ['no time zone', '23.11.2026 08:30', {}],
  ['no time of day', '23.11.2026', { timeZone }],
  ['no such date', '31.2.2026 08:30', { timeZone }],
  ['a time that the clocks jumped over', '2026-03-08 02:30', { timeZone }],
  ['a time that the clocks showed twice', '2026-11-01 01:30', { timeZone }],
  ['another format than was said', '2026-11-23 08:30', { timeZone, dateFormat: 'd.M.yyyy H:mm' }],
] as const)('%s: nobody guesses', ([, text, reading]) => {
  expect(readDate(text, reading)).toBeUndefined()
})

test('a format that was said decides', () => {
  expect(readDate('1/2/2026 8:30', { timeZone, dateFormat: 'd/M/yyyy H:mm' })).toBe('2026-02-01T08:30:00-06:00')
  expect(readDate('23.11.2026', { timeZone, dateFormat: 'd.M.yyyy' })).toBe('2026-11-23T00:00:00-06:00')
  expect(readDate('2026/11/23 08:30 +0100', { dateFormat: 'yyyy/MM/dd HH:mm ZZZ' })).toBe('2026-11-23T08:30:00+01:00')
})
