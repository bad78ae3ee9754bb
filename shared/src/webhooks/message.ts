import { nameOf, type ConnectionName } from '../contract/connection-name.ts'
import type { TerminalStatus } from '../contract/job.ts'
import type { LoginEvent } from '../records/logins.ts'
import type { BatchEvent, OutcomeEvent } from '../records/outcome.ts'
import type { FeedMessage } from './feed.ts'
import { packBody, type WebhookBody } from './packed-body.ts'

/** The type of a webhook, by the terminal status of the job. */
const typeOf = {
  Succeeded: 'encounter.created',
  Failed: 'encounter.failed',
  OutcomeUnknown: 'encounter.outcome_unknown',
  Cancelled: 'encounter.cancelled',
  Expired: 'encounter.expired',
} as const satisfies Record<TerminalStatus, string>

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
