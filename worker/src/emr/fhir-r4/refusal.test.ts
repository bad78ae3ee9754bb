import { expect, test } from 'vitest'
import { refusalOf } from './refusal.ts'

const answer = (status: number, body: unknown = {}, more: { writes?: boolean; retryAfterMs?: number } = {}) => ({
  status,
  headers: {},
  body: Buffer.from(JSON.stringify(body)),
  writes: more.writes ?? true,
  retryAfterMs: more.retryAfterMs,
})
const issue = (about: object) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code: 'invalid', ...about }],
})

test.each([
  [400, { code: 400, retry: false, outcomeUnknown: false }],
  [401, { code: 401, retry: false, outcomeUnknown: false }],
  [403, { code: 403, retry: false, outcomeUnknown: false }],
  [406, { code: 502, retry: false, outcomeUnknown: false }],
  [408, { code: 408, retry: true, outcomeUnknown: true }],
  [409, { code: 502, retry: true, outcomeUnknown: false }],
  [412, { code: 502, retry: false, outcomeUnknown: false }],
  [413, { code: 400, retry: false, outcomeUnknown: false }],
  [415, { code: 502, retry: false, outcomeUnknown: false }],
  [422, { code: 400, retry: false, outcomeUnknown: false }],
  [423, { code: 502, retry: true, outcomeUnknown: false }],
  [429, { code: 502, retry: true, outcomeUnknown: false, retryAfterMs: 1000 }],
  [500, { code: 502, retry: true, outcomeUnknown: true }],
  [503, { code: 502, retry: true, outcomeUnknown: true }],
  [302, { code: 502, retry: false, outcomeUnknown: false }],
  [202, { code: 502, retry: true, outcomeUnknown: true }],
])('%i to a creation', (status, expected) => {
  expect(refusalOf(answer(status))).toMatchObject(expected)
})

test('404 concerns the content only if the server names what it did not find', () => {
  expect(refusalOf(answer(404, issue({ expression: ['Encounter.subject'] })))).toMatchObject({ code: 400 })
  expect(refusalOf(answer(404, '<html>'))).toMatchObject({ code: 502, retry: false })
})

test.each([400, 404, 412, 422])('%i to a question does not concern the content', (status) => {
  expect(refusalOf(answer(status, {}, { writes: false }))).toMatchObject({
    code: 502,
    retry: false,
    outcomeUnknown: false,
  })
})

test('finds the elements in expression, or in the XPath of older servers, of errors only', () => {
  const seen: string[][] = []
  const note = (expressions: string[]) => {
    seen.push(expressions)
    return ['/Encounter/FormType']
  }
  const { pointers } = refusalOf(
    answer(422, issue({ expression: ['Encounter.class'], location: ['/f:Encounter/f:status'] })),
    note,
  )
  refusalOf(answer(422, issue({ location: ['/f:Encounter/f:participant[2]/f:type', 'Encounter.period'] })), note)
  refusalOf(answer(422, issue({ severity: 'warning', expression: ['Encounter.class'] })), note)
  refusalOf(answer(422, { resourceType: 'OperationOutcome', issue: 'Jane Doe' }), note)
  expect(pointers).toEqual(['/Encounter/FormType'])
  expect(seen).toEqual([['Encounter.class'], ['Encounter.participant[1].type', 'Encounter.period'], [], []])
})
