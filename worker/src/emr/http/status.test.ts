import { expect, test } from 'vitest'
import { faultOf } from './status.ts'

const answer = (status: number, writes: boolean, retryAfterMs?: number) => ({
  status,
  writes,
  retryAfterMs,
  headers: {},
  body: Buffer.from(''),
})

test.each([
  [408, { code: 408, retry: true, outcomeUnknown: true }],
  [504, { code: 408, retry: true, outcomeUnknown: true }],
  [500, { code: 502, retry: true, outcomeUnknown: true }],
  [503, { code: 502, retry: true, outcomeUnknown: true }],
  [204, { code: 502, retry: true, outcomeUnknown: true }],
  [429, { code: 502, retry: true, outcomeUnknown: false, retryAfterMs: 1000 }],
  [302, { code: 502, retry: false, outcomeUnknown: false }],
  [415, { code: 502, retry: false, outcomeUnknown: false }],
])('classifies %i after a request that writes', (status, expected) => {
  expect(faultOf(answer(status, true))).toMatchObject(expected)
})

test.each([408, 500, 503, 504])('a question answered %i has created nothing', (status) => {
  expect(faultOf(answer(status, false))).toMatchObject({ retry: true, outcomeUnknown: false })
})

test.each([429, 503, 504])('waits as long as %i requests', (status) => {
  expect(faultOf(answer(status, true, 7000))).toMatchObject({ retryAfterMs: 7000 })
})
