import { expect, test } from 'vitest'
import { problems, type ProblemSlug } from './problem.ts'
import { failureOfStatus, webhookFailures } from './webhook-failures.ts'
import { failureReason, shownFailureReason, WITHHELD } from './failure-reasons.ts'

test('every reason that the gateway writes is shown as it is', () => {
  for (const slug of Object.keys(problems) as ProblemSlug[]) {
    const reason = failureReason(problems[slug].status, slug)
    expect(shownFailureReason(reason)).toBe(reason)
  }
  const others = [...Object.values(webhookFailures), failureOfStatus(503), 'job stalled more than allowable limit']
  for (const reason of others) expect(shownFailureReason(reason)).toBe(reason)
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
  'endpoint answered 503: Jane Doe',
  '',
])('anything else is withheld: %j', (reason) => {
  expect(shownFailureReason(reason)).toBe(WITHHELD)
})
