import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'

test('the wait doubles with each attempt and stays between half of that and all of it', () => {
  for (const [attempt, full] of [
    [1, 500],
    [2, 1_000],
    [3, 2_000],
    [5, 8_000],
  ] as const) {
    const waits = Array.from({ length: 200 }, () => backoffMs(attempt, 500))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(full / 2)
    expect(Math.max(...waits)).toBeLessThanOrEqual(full)
    expect(new Set(waits).size).toBeGreaterThan(10)
  }
})

test('the wait is at most ten minutes', () => {
  expect(backoffMs(50, 600_000)).toBeLessThanOrEqual(600_000)
})
