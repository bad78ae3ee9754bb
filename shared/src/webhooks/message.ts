import { nameOf, type ConnectionName } from '../contract/connection-name.ts'
import type { TerminalStatus } from '../contract/job.ts'
import type { WebhookType } from '../contract/webhook-message.ts'
import type { LoginEvent } from '../records/logins.ts'
import type { BatchEvent, OutcomeEvent } from '../records/outcome.ts'
import type { FeedMessage } from './feed.ts'
import { packBody } from './packed-body.ts'

/** The type of a webhook, by the terminal status of the job. */
const typeOf = {
  Succeeded: 'encounter.created',
  Failed: 'encounter.failed',
  OutcomeUnknown: 'encounter.outcome_unknown',
  Cancelled: 'encounter.cancelled',
  Expired: 'encounter.expired',
} as const satisfies Record<TerminalStatus, string>

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

/** A message to one application. */
export type WebhookMessage = FeedMessage & { application: string }

/**
 * The message for an outcome, for the end of a batch or for a login that the EMR refuses. The same event always yields the same message, byte for byte. A
 * job that was retried ends once per round, and each round has its own message with its own id; the same applies to a
 * batch.
 */
export function webhookMessageOf(
  event: OutcomeEvent | BatchEvent | LoginEvent,
  connection: ConnectionName,
): WebhookMessage {
  const about = { application: event.Application, connection: nameOf(connection) }
  if ('Status' in event) {
    return { ...about, id: `msg_${event.JobId}_${event.Round}`, type: typeOf[event.Status], body: packBody(event) }
  }
  const where = { EMRSystem: connection.emrSystem, EmrInstance: connection.emrInstance }
  const timestamp = new Date(event.At).toISOString()
  if ('Type' in event) {
    const { Type, Login, At, JobId, StatusCode } = event
    return {
      ...about,
      id: `msg_${Login}_${At}`,
      ...asSent({ type: Type, timestamp, data: { JobId, ...where, StatusCode } }),
    }
  }
  const { BatchId, Round } = event
  return {
    ...about,
    id: `msg_${BatchId}_${Round}`,
    ...asSent({ type: 'batch.finished', timestamp, data: { BatchId, ...where } }),
  }
}

/** Type and body of a message, as it is sent. */
export function asSent(body: WebhookBody): Pick<FeedMessage, 'type' | 'body'> {
  return { type: body.type, body: JSON.stringify(body) }
}

/** What has become of an endpoint; times in ms since the epoch. */
export type EndpointNews =
  | { type: 'endpoint.failing'; percent: number; since: number }
  | { type: 'endpoint.disabled'; reason: string; since: number }

/** The message to an application's other endpoints that one fails, or was disabled. */
export function endpointMessageOf(
  application: string,
  endpointId: string,
  news: EndpointNews,
  at: number,
): WebhookMessage {
  const about = news.type === 'endpoint.failing' ? { Percent: news.percent } : { Reason: news.reason }
  const FailingSince = new Date(news.since).toISOString()
  return {
    id: `msg_${endpointId}_${news.since}_${news.type === 'endpoint.failing' ? news.percent : 'disabled'}`,
    application,
    ...asSent({
      type: news.type,
      timestamp: new Date(at).toISOString(),
      data: { EndpointId: endpointId, FailingSince, ...about },
    }),
    except: endpointId,
  }
}
