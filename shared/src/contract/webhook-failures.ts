/**
 * Why a delivery failed without an answer. Redis, board and log contain these texts and those of `failureOfStatus`
 * only.
 */
export const webhookFailures = {
  timedOut: 'endpoint did not answer in time',
  notReached: 'endpoint could not be reached',
  notAllowed: 'endpoint address is not allowed',
  /** A bug of the gateway, or an invalid URL or secret in the configuration. */
  fault: 'the gateway could not make the request',
} as const

/** Why a delivery failed despite an answer: `endpoint answered 503` or `endpoint answered 410: gone`. */
export function failureOfStatus(status: number): string {
  return `endpoint answered ${status}${status === 410 ? ': gone' : ''}`
}

/** Whether a failure reason is one of those above, and so safe to show to anyone who may see the queue. */
export function isWebhookFailure(text: string): boolean {
  return (
    Object.values<string>(webhookFailures).includes(text) || /^endpoint answered ([1-9][0-9]{2}|410: gone)$/.test(text)
  )
}
