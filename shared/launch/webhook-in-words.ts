/** What the receiver reads of a verified webhook; see docs/webhooks.md. */
export type Webhook = {
  type: string
  data: {
    JobId?: string
    BatchId?: string
    EMRSystem?: string
    EndpointId?: string
    StatusCode?: number
    Percent?: number
    Reason?: string
  }
}

/** What a webhook reports, in plain words, beginning with a small letter. */
export function inWords({ type, data }: Webhook): string {
  const { JobId, BatchId, EMRSystem, EndpointId, StatusCode, Percent, Reason } = data
  switch (type) {
    case 'encounter.created':
      return `${EMRSystem} has the encounter of job ${JobId}`
    case 'encounter.failed':
      return `job ${JobId} failed with ${StatusCode}; ${EMRSystem} has no encounter of it`
    case 'encounter.outcome_unknown':
      return `job ${JobId} ended with ${StatusCode}; whether ${EMRSystem} has its encounter is unknown`
    case 'encounter.cancelled':
      return `job ${JobId} was cancelled before it was sent to ${EMRSystem}`
    case 'encounter.expired':
      return `the deadline of job ${JobId} passed before it was sent to ${EMRSystem}`
    case 'batch.finished':
      return `every item of batch ${BatchId} has ended`
    case 'login.refused':
      return `${EMRSystem} refuses the login of job ${JobId}; its other jobs wait for a new one`
    case 'endpoint.failing':
      return `endpoint ${EndpointId} keeps failing; ${Percent} % of its time are over`
    case 'endpoint.disabled':
      return `endpoint ${EndpointId} is disabled: ${Reason}`
    case 'webhook.test':
      return `a test of endpoint ${EndpointId}`
    default:
      return 'a new type, which this receiver does not know'
  }
}
