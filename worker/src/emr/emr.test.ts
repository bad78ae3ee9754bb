import { expect, test } from 'vitest'
import { EmrError } from './emr-error.ts'

test("an EMR's Retry-After is honoured for at most a quarter of an hour", () => {
  expect(new EmrError(502, 'busy', { retryAfterMs: 999_999_999_000 }).retryAfterMs).toBe(900_000)
  expect(new EmrError(502, 'busy', { retryAfterMs: 2_000 }).retryAfterMs).toBe(2_000)
  expect(new EmrError(502, 'busy').retryAfterMs).toBeUndefined()
})

test('by default only 408 and 502 are tried again, and only 408 leaves the outcome unknown', () => {
  const by = ([400, 401, 403, 408, 500, 502] as const).map((code) => new EmrError(code, ''))
  expect(by.filter((error) => error.retry).map((error) => error.code)).toEqual([408, 502])
  expect(by.filter((error) => error.outcomeUnknown).map((error) => error.code)).toEqual([408])
})
