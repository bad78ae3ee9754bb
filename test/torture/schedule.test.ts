import { expect, test } from 'vitest'
import { nemesisKinds, planNemesis, planOnly } from './schedule.ts'

test('the same seed and minutes give the same schedule, another seed another', () => {
  expect(planNemesis(42, 10)).toEqual(planNemesis(42, 10))
  expect(planNemesis(42, 10)).not.toEqual(planNemesis(43, 10))
})

test.for([
  [0.9, 'single'],
  [2, 'single'],
  [10, 'single'],
  [1.2, 'sentinel'],
  [5, 'cluster'],
] as const)('in %s minutes each kind comes at least once to %s, and all is over in time', ([minutes, redis]) => {
  for (let seed = 1; seed <= 50; seed++) {
    const schedule = planNemesis(seed, minutes, redis)
    expect(new Set(schedule.map(({ kind }) => kind))).toEqual(new Set(nemesisKinds(redis)))
    for (const { atMs, forMs } of schedule) expect(atMs + forMs).toBeLessThanOrEqual(minutes * 60_000)
  }
})

test('a lane does one thing at a time', () => {
  const lanes = Map.groupBy(planNemesis(1, 10), ({ lane }) => lane)
  for (const events of lanes.values()) {
    for (const [n, { atMs }] of events.entries()) {
      const before = events[n - 1]
      expect(atMs).toBeGreaterThanOrEqual(before ? before.atMs + before.forMs : 0)
    }
  }
})

test('a worker is always paused for longer than its lock of 6 s and the check every 2 s', () => {
  const pauses = planNemesis(3, 0.9).filter(({ kind }) => kind === 'worker-pause')
  expect(Math.min(...pauses.map(({ forMs }) => forMs))).toBeGreaterThanOrEqual(15_000)
})

test('a run of only some kinds has them in turn, each after the recovery from the last', () => {
  const events = planOnly(['redis-kill', 'emr-down'], 1, 3)
  expect(events.slice(0, 4).map(({ kind }) => kind)).toEqual(['redis-kill', 'emr-down', 'redis-kill', 'emr-down'])
  const ends = events.map(({ atMs, forMs }) => atMs + forMs)
  const rests = events.slice(1).map(({ atMs }, n) => atMs - (ends[n] ?? atMs))
  expect(Math.min(...rests)).toBeGreaterThanOrEqual(20_000)
  expect(() => planOnly(['redis-kil'], 1, 3)).toThrow(RangeError)
})

test('too little time for one of each is refused', () => {
  expect(() => planNemesis(1, 0.3)).toThrow(RangeError)
})
