import { afterEach, expect, test, vi } from 'vitest'
import { msSince, thisMoment } from './moment.ts'
import { HOUR } from './durations.ts'

afterEach(() => vi.useRealTimers())

test('a suspended machine: the steady clock stood still, and the time has passed all the same', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const before = thisMoment()
  vi.setSystemTime(Date.now() + HOUR)
  expect(msSince(before)).toBeGreaterThanOrEqual(HOUR)
})

test('a wall clock that is set back takes no time away', () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  const before = thisMoment()
  vi.advanceTimersByTime(500)
  vi.setSystemTime(Date.now() - HOUR)
  expect(msSince(before)).toBe(500)
})
