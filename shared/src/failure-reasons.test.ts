import { expect, test } from 'vitest'
import { problems, type ProblemSlug } from './contract/problem.ts'
import { failureReason, shownFailureReason, WITHHELD } from './failure-reasons.ts'

test('every reason that the gateway writes is shown as it is', () => {
  for (const slug of Object.keys(problems) as ProblemSlug[]) {
    const reason = failureReason(problems[slug].status, slug)
    expect(shownFailureReason(reason)).toBe(reason)
  }
  expect(shownFailureReason('job stalled more than allowable limit')).toBe('job stalled more than allowable limit')
})

test.each([
  'Unexpected token J, "Jane Doe" is not valid JSON',
  '502 emr-unavailable Jane Doe',
  'Jane Doe 502 emr-unavailable',
  '502 emr-unavailable\nJane Doe',
  '502 emr-unavailable\n',
  '502 jane-doe',
  '502 constructor',
  '502  emr-unavailable',
  '',
])('anything else is withheld: %j', (reason) => {
  expect(shownFailureReason(reason)).toBe(WITHHELD)
})
