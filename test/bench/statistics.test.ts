import { expect, test } from 'vitest'
import { median, percentile, ratios, summarize } from './statistics.ts'

test('the median of an even count is between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
})

test('a percentile is interpolated between its neighbours', () => {
  const values = Array.from({ length: 101 }, (_, index) => 100 - index)
  expect(percentile(values, 99)).toBe(99)
  expect(percentile([0, 10], 99)).toBeCloseTo(9.9)
})

test('a summary leaves out the rounds without a result', () => {
  expect(summarize([5, undefined, 1, NaN, 3])).toEqual({ median: 3, min: 1, max: 5, rounds: 3 })
  expect(summarize([undefined, NaN])).toBeUndefined()
})

test('ratios are taken round by round, so that a slow minute for both sides makes no difference', () => {
  expect(ratios([50, 100, 10], [100, 200, 20])).toEqual({ median: 0.5, min: 0.5, max: 0.5, rounds: 3 })
  expect(ratios([50, undefined, 30], [100, 200, undefined])).toEqual({ median: 0.5, min: 0.5, max: 0.5, rounds: 1 })
})
