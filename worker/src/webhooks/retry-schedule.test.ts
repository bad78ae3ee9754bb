import { expect, test } from 'vitest'
import { RETRY_SCHEDULE_MS, retryDelayMs } from './retry-schedule.ts'

const noJitter = () => 0.5

test('the tries follow the Standard Webhooks schedule', () => {
  const delays = RETRY_SCHEDULE_MS.map((_, index) => retryDelayMs(index + 1, 0, RETRY_SCHEDULE_MS, noJitter))
  expect(delays).toStrictEqual([
    5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
  ])
})

test('the tenth try is the last one', () => {
  expect(retryDelayMs(9)).toBeDefined()
  expect(retryDelayMs(10)).toBeUndefined()
})

test('jitter changes a step by at most a fifth', () => {
  expect(retryDelayMs(2, 0, RETRY_SCHEDULE_MS, () => 0)).toBe(240_000)
  expect(retryDelayMs(2, 0, RETRY_SCHEDULE_MS, () => 1)).toBe(360_000)
})

test('a longer Retry-After is honoured, up to a day', () => {
  const day = 86_400_000
  expect(retryDelayMs(1, 60_000)).toBe(60_000)
  expect(retryDelayMs(1, 40 * day)).toBe(day)
})

test('a shorter Retry-After does not use up the tries sooner', () => {
  expect(retryDelayMs(2, 1_000, RETRY_SCHEDULE_MS, noJitter)).toBe(300_000)
})
