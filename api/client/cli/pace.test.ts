import { describe, expect, test } from 'vitest'
import { countText, durationText, numberOf, openPace } from './pace.ts'

describe('the pace', () => {
  let now = 0
  const at = (ms: number) => (now = ms)

  test('is that of the last half minute, and sinks while nothing happens', () => {
    const pace = openPace(() => now)
    at(0)
    pace.note(0)
    expect(pace.perSecond()).toBeUndefined()
    at(10_000)
    pace.note(1000)
    expect(pace.perSecond()).toBe(100)
    at(50_000)
    pace.note(5000)
    at(60_000)
    pace.note(7000)
    expect(pace.perSecond()).toBe(120)
    at(90_000)
    expect(pace.perSecond()).toBe(75)
  })

  test('begins anew with what is begun again', () => {
    const pace = openPace(() => now)
    at(0)
    pace.note(5000)
    at(1000)
    pace.note(0)
    at(2000)
    pace.note(10)
    expect(pace.perSecond()).toBe(10)
  })
})

test('times and counts read as people write them', () => {
  expect([400, 45_400, 185_000, 7_800_000].map(durationText)).toEqual(['0s', '45s', '3m 05s', '2h 10m'])
  expect([0, 999, 99_990.4].map(countText)).toEqual(['0', '999', '99,990'])
  expect([0, 1, 1000].map((count) => numberOf(count, 'encounter'))).toEqual([
    '0 encounters',
    '1 encounter',
    '1,000 encounters',
  ])
})
