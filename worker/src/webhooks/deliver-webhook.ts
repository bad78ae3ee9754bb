import { failureOfStatus, webhookFailures } from '@encounter-gateway/shared/contract/webhook-failures.ts'
import type { WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import type { WebhookBody } from '@encounter-gateway/shared/webhooks/packed-body.ts'
import type { Taken, TryEnd } from '@encounter-gateway/shared/webhooks/lanes.ts'
import type { Logger } from 'pino'
import type { Answer, WebhookSender } from './post-webhook.ts'
import { retryDelayMs } from './retry-schedule.ts'
import { signedHeaders } from './sign-webhook.ts'

/** What a try to deliver works with. */
export type DeliveryOffice = {
  sender: Pick<WebhookSender, 'post'>
  /** Waits between the tries of one message. */
  scheduleMs: readonly number[]
  /** The body with the outcome in it, for an endpoint that wants it. */
  fullBody: (message: Taken) => Promise<string>
  log: Logger
}

/** What an answer means for the delivery. */
type Verdict = { outcome: string; kind: 'delivered' | 'failed' | 'gone'; retryAfterMs?: number | undefined }

/**
 * Makes one try to deliver one message and reports it in one log line. Thin body and `webhook-id` are the same at every
 * try; endpoint and secrets are the current ones. Never throws.
 */
export async function attemptDelivery(
  application: string,
  taken: Taken,
  endpoint: WebhookEndpoint,
  at: DeliveryOffice,
): Promise<TryEnd> {
  const { scheduleMs, log } = at
  const attempt = taken.tries + 1
  const about = {
    delivery: taken.id,
    job: jobOf(taken.body),
    application,
    endpoint: endpoint.endpointId,
    attempt,
    of: scheduleMs.length + 1,
    host: hostOf(endpoint.url),
  }
  const startedAt = performance.now()
  const madeAt = Date.now()
  const tell = (level: 'info' | 'warn', more: object) => {
    const ms = Math.round(performance.now() - startedAt)
    log[level]({ ...about, ms, ...more }, 'delivery.attempted')
    return { at: madeAt, ms }
  }

  const answer = await post(application, taken, endpoint, at)
  if (answer.kind === 'interrupted') {
    const outcome = 'the gateway stopped before the endpoint answered'
    return { taken, kind: 'interrupted', try: tell('info', { outcome, next: 'retry', nextInMs: 0 }) }
  }
  const { kind, outcome, retryAfterMs } = judge(answer)
  const status = answer.kind === 'answered' ? { status: answer.status } : {}
  if (kind === 'delivered') return { taken, kind, try: { ...tell('info', { outcome, next: 'none' }), ...status } }
  const cause = answer.kind === 'notReached' && answer.cause
  const nextInMs = kind === 'failed' ? retryDelayMs(attempt, retryAfterMs, scheduleMs) : undefined
  const next = nextInMs === undefined ? { next: 'dead letter' } : { next: 'retry', nextInMs }
  const made = tell('warn', { outcome, ...(cause && { cause }), ...next })
  const nextAt = nextInMs === undefined ? {} : { nextAt: Date.now() + nextInMs }
  return { taken, kind, nextInMs, try: { ...made, ...status, failure: outcome, ...nextAt } }
}

async function post(
  application: string,
  taken: Taken,
  endpoint: WebhookEndpoint,
  at: DeliveryOffice,
): Promise<Answer | { kind: 'fault' }> {
  const { url, headers, secrets, clientCertificate } = endpoint
  try {
    // whatever allowHttp says: a result never travels in clear
    const full = endpoint.body === 'full' && url.startsWith('https:')
    const body = full ? await at.fullBody(taken) : taken.body
    const signed = signedHeaders(secrets, taken.id, body, new Date())
    return await at.sender.post(url, { ...headers, ...signed }, body, clientCertificate)
  } catch (err) {
    at.log.error({ err, delivery: taken.id, application, endpoint: endpoint.endpointId }, 'delivery.fault')
    return { kind: 'fault' }
  }
}

function judge(answer: Exclude<Answer, { kind: 'interrupted' }> | { kind: 'fault' }): Verdict {
  if (answer.kind === 'answered') return judgeStatus(answer.status, answer.retryAfterMs)
  return { outcome: webhookFailures[answer.kind], kind: 'failed' }
}

/** A redirect is a failure like any other: following it would bypass the address check and the owner's intent. */
function judgeStatus(status: number, retryAfterMs: number | undefined): Verdict {
  if (status >= 200 && status < 300) return { outcome: `endpoint answered ${status}`, kind: 'delivered' }
  const outcome = failureOfStatus(status)
  if (status === 410) return { outcome, kind: 'gone' }
  return { outcome, kind: 'failed', retryAfterMs: status === 429 || status === 503 ? retryAfterMs : undefined }
}

/** The job that a message is about; absent for a batch's and for messages about endpoints. */
function jobOf(body: string): string | undefined {
  return (JSON.parse(body) as WebhookBody).data.JobId
}

/** Only the host of a URL is logged: path and query often hold a token. */
function hostOf(url: string): string | undefined {
  return URL.parse(url)?.host
}
