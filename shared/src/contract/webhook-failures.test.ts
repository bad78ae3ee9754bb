import { expect, test } from 'vitest'
import { failureOfStatus, isWebhookFailure, webhookFailures } from './webhook-failures.ts'

test('every reason that a delivery can fail for is known', () => {
  const reasons = [...Object.values(webhookFailures), failureOfStatus(302), failureOfStatus(410), failureOfStatus(599)]
  expect(reasons.filter((reason) => !isWebhookFailure(reason))).toStrictEqual([])
})

test('a reason with anything more in it is not', () => {
  expect(isWebhookFailure('endpoint answered 500 CANARY')).toBe(false)
  expect(isWebhookFailure('endpoint answered 500\nCANARY')).toBe(false)
  expect(isWebhookFailure('connect ECONNREFUSED 10.0.0.1:443')).toBe(false)
})
