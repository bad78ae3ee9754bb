import { expect, test } from 'vitest'
import { refusalOf, retryAfterMsOf } from './gateway-error.ts'

test.for([
  ['0', 0],
  ['30', 30_000],
  ['Mon, 23 Nov 2026 12:00:10 GMT', 10_000],
  ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
  ['soon', undefined],
  [null, undefined],
] as const)('Retry-After %s is %s ms', ([header, expected]) => {
  expect(retryAfterMsOf(header, Date.UTC(2026, 10, 23, 12))).toBe(expected)
})

test('lists the first mistakes of a problem and counts the others', () => {
  const Errors = Array.from({ length: 7 }, (_, index) => ({ Pointer: `/Field${index}`, Message: 'is not known' }))
  const body = {
    type: 'urn:encounter-gateway:problem:invalid-request',
    title: 'Not valid',
    status: 400,
    detail: 'Seven.',
    Errors,
  }
  const response = new Response('', { status: 400, headers: { 'Content-Type': 'application/problem+json' } })
  const { message, slug } = refusalOf(response, body)
  expect(slug).toBe('invalid-request')
  expect(message).toMatch(/^Not valid: Seven\. \(\/Field0 is not known; .*\/Field4 is not known; 2 more\)$/)
})

test('repeats nothing of what something else than the gateway says', () => {
  const response = new Response('', { status: 500, headers: { 'Content-Type': 'text/html' } })
  expect(refusalOf(response, 'Jane Doe').message).toBe('unexpected answer with status 500: this may not be the gateway')
})
