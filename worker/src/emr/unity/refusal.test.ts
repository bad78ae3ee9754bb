import { expect, test } from 'vitest'
import { nothingFound, refusalIn, SessionEnded } from './refusal.ts'

test.each([
  ['Magic Error - you have been logged out due to inactivity', 401],
  ['Magic Error - Invalid security token', 401],
  ['Magic Error - The user is not authenticated; call GetUserAuthentication', 401],
])('%s: the session is over', (text, code) => {
  const error = refusalIn(text, true)
  expect(error).toBeInstanceOf(SessionEnded)
  expect(error).toMatchObject({ code, retry: false, outcomeUnknown: false })
})

test.each([
  ['Magic Error - User jdoe is not authorized to do this', { code: 403, retry: false }],
  ['Magic Error - Access denied', { code: 403, retry: false }],
  ['Magic Error - Action SaveVisit is not valid for license Gateway-1', { code: 403, retry: false }],
  ['Magic Error - Invalid user name or password', { code: 401, retry: false }],
  ['Magic Error - User jdoe is inactive', { code: 401, retry: false }],
  ['Magic Error - Timeout expired', { code: 502, retry: true, outcomeUnknown: true }],
  ['Magic Error - Transaction was deadlocked', { code: 502, retry: true, outcomeUnknown: true }],
  ['Magic Error - Encounter type Jane is invalid', { code: 400, retry: false, outcomeUnknown: false }],
  ['', { code: 400, retry: false }],
])('%s', (text, expected) => {
  const error = refusalIn(text, true)
  expect(error).toMatchObject(expected)
  expect(error).not.toBeInstanceOf(SessionEnded)
})

test('a question that the EMR failed to answer has created nothing', () => {
  expect(refusalIn('Timeout expired', false)).toMatchObject({ code: 502, outcomeUnknown: false })
})

test('an empty list may arrive as an error', () => {
  expect('Magic Error - No encounters found for patient').toMatch(nothingFound)
  expect('Magic Error - No such patient').not.toMatch(nothingFound)
})
