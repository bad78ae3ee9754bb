/** Why a delivery failed without an answer: with `failureOfStatus`, all that Redis, board and log ever say of it. */
export const webhookFailures = {
  timedOut: 'endpoint did not answer in time',
  notReached: 'endpoint could not be reached',
  notAllowed: 'endpoint address is not allowed',
  /** A fault of ours, or a URL or secret in the configuration that is none. */
  fault: 'the gateway could not make the request',
} as const

/** Why a delivery failed though the endpoint answered: `endpoint answered 503`, and `endpoint answered 410: gone`. */
export function failureOfStatus(status: number): string {
  return `endpoint answered ${status}${status === 410 ? ': gone' : ''}`
}

/** Whether a failure reason is one of those above, and so fit to be shown to anyone who may see the queue. */
export function isWebhookFailure(text: string): boolean {
  return (
    Object.values<string>(webhookFailures).includes(text) || /^endpoint answered ([1-9][0-9]{2}|410: gone)$/.test(text)
  )
}
