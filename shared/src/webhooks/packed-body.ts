import type { OutcomeEvent } from '../records/outcome.ts'
import type { WebhookBody } from './message.ts'

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
