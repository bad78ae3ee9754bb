import type { ConnectionName } from '../contract/connection-name.ts'
import type { TerminalStatus } from '../contract/job.ts'
import type { BatchEvent, OutcomeEvent } from '../records/jobs.ts'

/** What a webhook tells of, by the status that the job ended in. */
const typeOf = {
  Succeeded: 'encounter.created',
  Failed: 'encounter.failed',
  OutcomeUnknown: 'encounter.outcome_unknown',
  Cancelled: 'encounter.cancelled',
  Expired: 'encounter.expired',
} as const satisfies Record<TerminalStatus, string>

/** The `type` of a webhook's body. */
export type WebhookType = (typeof typeOf)[TerminalStatus] | 'batch.finished'

/**
 * The body of a webhook, as Standard Webhooks 1.0.0 has it: thin on purpose. It names the job and how it ended; the result is
 * fetched by the application under its own key, so that no patient data waits in queues or lands in a receiver's logs.
 */
export type WebhookBody = {
  type: WebhookType
  /** When the job or batch ended, RFC 3339. */
  timestamp: string
  data: {
    /** Left out of `batch.finished`. */
    JobId?: string
    BatchId?: string
    EMRSystem: string
    EmrInstance: string
    /** The seed's response code of the outcome; left out of `batch.finished`. */
    StatusCode?: number
  }
}

/** One thing to tell one application; what the queue of webhooks carries. */
export type WebhookMessage = {
  /** Sent as `webhook-id`: the same at every try, so that the receiver can drop what it has seen. */
  id: string
  application: string
  body: WebhookBody
}

/**
 * What to tell of an outcome, or of the end of a batch. The same event always makes the same message, to the byte; a job that was
 * retried by hand ends once per round and so is told of once per round, under another id; so is a batch.
 */
export function webhookMessageOf(event: OutcomeEvent | BatchEvent, connection: ConnectionName): WebhookMessage {
  const where = { EMRSystem: connection.emrSystem, EmrInstance: connection.emrInstance }
  const { BatchId, Round, Application: application } = event
  const timestamp = new Date(event.At).toISOString()
  if (!('JobId' in event)) {
    return {
      id: `msg_${BatchId}_${Round}`,
      application,
      body: { type: 'batch.finished', timestamp, data: { ...(BatchId && { BatchId }), ...where } },
    }
  }
  const { JobId, Status, StatusCode } = event
  return {
    id: `msg_${JobId}_${Round}`,
    application,
    body: { type: typeOf[Status], timestamp, data: { JobId, ...(BatchId && { BatchId }), ...where, StatusCode } },
  }
}
