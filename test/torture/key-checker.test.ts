import { expect, test } from 'vitest'
import type { HistoryEvent, KeyHappening, KeyMade } from './history.ts'
import { checkKeys } from './key-checker.ts'

const FIRST_END = 1_000
const use = (at: number, more: Partial<Extract<KeyHappening, { what: 'key use' }>> = {}): KeyHappening => {
  return { what: 'key use', key: 'k', content: 'ann', sentAt: at, answeredAt: at + 10, status: 202, id: 'j1', ...more }
}
const end = (id: string, finishedAt: number, made: Partial<KeyMade> = {}): KeyHappening => {
  const one = { jobId: id, patientId: 'ann', status: 'Succeeded', encounterId: 'E1', ...made }
  return { what: 'key end', key: 'k', id, finishedAt, made: [one] }
}
const creation = (encounterId: string, patientId: string): KeyHappening => {
  return { what: 'key creation', encounterId, patientId }
}
const first = [use(0), end('j1', FIRST_END)]
const inTime = FIRST_END + 100
const after = FIRST_END + 20_000
const ofBob = { content: 'bob', id: 'j2' }

function broken(happenings: KeyHappening[]): string[] {
  const history: HistoryEvent[] = happenings.map((happening, n) => ({ ms: n, ...happening }))
  return checkKeys(history).map(({ invariant }) => invariant)
}

test('the same job in its time, a refusal of other content, and a new job with a new encounter after it break nothing', () => {
  const again = [use(inTime), { ...use(inTime, { content: 'bob', status: 422 }) }]
  const later = [use(after, ofBob), end('j2', after + 1_000, { patientId: 'bob', encounterId: 'E2' })]
  expect(broken([...first, ...again, ...later, creation('E1', 'ann'), creation('E2', 'bob')])).toEqual([])
})

test('near the end of its time either is right', () => {
  const edge = FIRST_END + 10_000
  const made = creation('E1', 'ann')
  expect(broken([...first, use(edge), made])).toEqual([])
  expect(broken([...first, use(edge, { id: 'j2' }), made])).toEqual([])
})

test.for<[string, KeyHappening[]]>([
  ['a key in its time names its job', [use(inTime, { id: 'j2' })]],
  ['a key in its time refuses other content', [use(inTime, ofBob)]],
  ['a key after its time makes a new job', [use(after)]],
  ['a key after its time makes a new job', [use(after, { content: 'bob', status: 422 })]],
  ['no encounter of another request', [use(after, ofBob), end('j2', after + 1_000, { patientId: 'bob' })]],
  ['no encounter of another request', [use(after, { id: 'j2' }), end('j2', after + 1_000)]],
  ['succeeded means created', [use(after, ofBob), end('j2', after + 1_000, { encounterId: 'E9' })]],
])('breaks: %s', ([invariant, more]) => {
  expect(broken([...first, ...more, creation('E1', 'ann')])).toEqual([invariant])
})
