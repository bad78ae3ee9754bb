import type { WebhookEndpoint } from '@encounter-gateway/shared/config/schema.ts'
import type { WebhookMessage, WebhookType } from '@encounter-gateway/shared/webhooks/message.ts'
import { failureOfStatus, webhookFailures } from '@encounter-gateway/shared/contract/webhook-failures.ts'
import { DelayedError, type Job } from 'bullmq'
import type { Logger } from 'pino'
import type { Answer, WebhookSender } from './post-webhook.ts'
import { RETRY_SCHEDULE_MS, retryDelayMs } from './retry-schedule.ts'
import { signedHeaders } from './sign-webhook.ts'

export type WebhookJob = Job<WebhookMessage, void, WebhookType>

/** What the processor of deliveries works with. */
export type DeliveryOffice = {
  /** The endpoint of an application as currently configured; `undefined` if it has none (any more). */
  endpointOf: (application: string) => WebhookEndpoint | undefined
  sender: Pick<WebhookSender, 'post'>
  retryScheduleMs?: readonly number[]
  log: Logger
}

/**
 * A try that did not deliver. `message` is all that Redis keeps of it: one of a few fixed sentences, with a status code
 * at most. Without `retryInMs` the delivery becomes a dead letter.
 */
export class DeliveryFailed extends Error {
  override name = 'DeliveryFailed'
  readonly retryInMs: number | undefined
  constructor(message: string, retryInMs: number | undefined) {
    super(message)
    this.retryInMs = retryInMs
  }
}

/** What an answer means for the delivery. */
type Verdict = { outcome: string; delivered: boolean; retry: boolean; retryAfterMs?: number | undefined }

/**
 * Makes one try to deliver one message and reports it in one log line. Body and `webhook-id` are the same at every try;
 * endpoint and secret are the current ones. Throws `DeliveryFailed`.
 */
export async function deliverWebhook(job: WebhookJob, token: string, at: DeliveryOffice): Promise<void> {
  const { id, application, body } = job.data
  const { retryScheduleMs = RETRY_SCHEDULE_MS, log } = at
  const attempt = job.attemptsMade + 1
  const about = { delivery: id, job: body.data.JobId, application, attempt, of: retryScheduleMs.length + 1 }
  const endpoint = at.endpointOf(application)
  if (!endpoint) {
    log.info({ ...about, ms: 0, outcome: 'no endpoint is configured', next: 'none' }, 'delivery.attempted')
    return
  }
  const startedAt = performance.now()
  const tell = (level: 'info' | 'warn', more: object) => {
    const ms = Math.round(performance.now() - startedAt)
    log[level]({ ...about, host: hostOf(endpoint.url), ms, ...more }, 'delivery.attempted')
  }

  const answer = await post(job.data, endpoint, at)
  if (answer.kind === 'interrupted') {
    tell('info', { outcome: 'the gateway stopped before the endpoint answered', next: 'retry', nextInMs: 0 })
    return handBack(job, token)
  }
  const verdict = judge(answer)
  const { outcome } = verdict
  if (verdict.delivered) return tell('info', { outcome, next: 'none' })
  const cause = answer.kind === 'notReached' && answer.cause
  const nextInMs = verdict.retry ? retryDelayMs(attempt, verdict.retryAfterMs, retryScheduleMs) : undefined
  const next = nextInMs === undefined ? { next: 'dead letter' } : { next: 'retry', nextInMs }
  tell('warn', { outcome, ...(cause && { cause }), ...next })
  throw new DeliveryFailed(outcome, nextInMs)
}

async function post(
  message: WebhookMessage,
  endpoint: WebhookEndpoint,
  at: DeliveryOffice,
): Promise<Answer | { kind: 'fault' }> {
  try {
    const body = JSON.stringify(message.body)
    return await at.sender.post(
      endpoint.url,
      signedHeaders([{ secret: endpoint.secret }], message.id, body, new Date()),
      body,
    )
  } catch (err) {
    at.log.error({ err, delivery: message.id, application: message.application }, 'delivery.fault')
    return { kind: 'fault' }
  }
}

function judge(answer: Exclude<Answer, { kind: 'interrupted' }> | { kind: 'fault' }): Verdict {
  if (answer.kind === 'answered') return judgeStatus(answer.status, answer.retryAfterMs)
  return { outcome: webhookFailures[answer.kind], delivered: false, retry: true }
}

/** A redirect is a failure like any other: following it would bypass the address check and the owner's intent. */
function judgeStatus(status: number, retryAfterMs: number | undefined): Verdict {
  if (status >= 200 && status < 300) return { outcome: `endpoint answered ${status}`, delivered: true, retry: false }
  const outcome = failureOfStatus(status)
  if (status === 410) return { outcome, delivered: false, retry: false }
  const wait = status === 429 || status === 503 ? retryAfterMs : undefined
  return { outcome, delivered: false, retry: true, retryAfterMs: wait }
}

/** Gives the delivery back to the queue, for another worker, without spending a try. */
async function handBack(job: WebhookJob, token: string): Promise<never> {
  await job.moveToDelayed(Date.now() + 1, token)
  throw new DelayedError()
}

/** Only the host of a URL is logged: path and query often hold a token. */
function hostOf(url: string): string | undefined {
  return URL.parse(url)?.host
}
