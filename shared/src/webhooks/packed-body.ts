import type { WebhookType } from '../contract/webhook-message.ts'
import type { OutcomeEvent } from '../records/outcome.ts'

/**
 * The body of a webhook as defined by Standard Webhooks 1.0.0, thin on purpose. It contains the job and its status
 * code; the application fetches the result with its own key, so that no patient data is in queues or in a receiver's
 * logs.
 */
export type WebhookBody = {
  type: WebhookType
  /** The end of the job or batch, or when a login was refused or the news about an endpoint came; RFC 3339. */
  timestamp: string
  data: {
    /**
     * Absent in `batch.finished` and in messages about endpoints. In `login.refused` the job that was refused last: its
     * login is meant.
     */
    JobId?: string
    BatchId?: string
    /** Absent in messages about endpoints. */
    EMRSystem?: string
    EmrInstance?: string
    /** The endpoint that a message is about. */
    EndpointId?: string
    /** Since when it has only failed, RFC 3339. */
    FailingSince?: string
    /** How much of the time is over after which it is disabled. */
    Percent?: number
    /** Why it was disabled. */
    Reason?: string
    /** The status code of the outcome; absent in `batch.finished`. */
    StatusCode?: number
  }
}

/**
 * The body of the message about an outcome as the feed keeps it: its time, status code and BatchId. The rest of it is in
 * the message's id, type and connection. There is one for each job, and a body with all names is three times as long.
 */
export function packBody({ At, StatusCode, BatchId }: Pick<OutcomeEvent, 'At' | 'StatusCode' | 'BatchId'>): string {
  return BatchId ? `${At} ${StatusCode} ${BatchId}` : `${At} ${StatusCode}`
}

/** The body as it is sent, of a packed one or of one that is as it is sent: JSON. */
export function unpackBody(body: string, id: string, type: string, connection = ''): string {
  if (body.startsWith('{')) return body
  const [at, statusCode, BatchId] = body.split(' ')
  const JobId = id.slice('msg_'.length, id.lastIndexOf('_'))
  const dot = connection.indexOf('.')
  const where = { EMRSystem: connection.slice(0, dot), EmrInstance: connection.slice(dot + 1) }
  const data = { JobId, ...(BatchId && { BatchId }), ...where, StatusCode: Number(statusCode) }
  return JSON.stringify({
    type: type as WebhookBody['type'],
    timestamp: new Date(Number(at)).toISOString(),
    data,
  } satisfies WebhookBody)
}
