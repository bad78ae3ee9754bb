import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import type { EmrSystem } from './contract.ts'

export { WebhookVerificationError } from 'standardwebhooks'

/** An event sent by the gateway to an endpoint. New types and properties may be added: ignore unknown ones. */
export type WebhookEvent = {
  /** The same at every delivery attempt: ignore events that you have processed. */
  id: string
  type:
    | 'encounter.created'
    | 'encounter.failed'
    | 'encounter.outcome_unknown'
    | 'encounter.cancelled'
    | 'encounter.expired'
    | 'batch.finished'
    | 'login.refused'
    | (string & {})
  /** When the event occurred, RFC 3339. */
  timestamp: string
  data: { JobId?: string; BatchId?: string; EMRSystem?: EmrSystem; EmrInstance?: string; StatusCode?: number }
}

type IncomingHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * Verifies that a webhook comes from the gateway (Standard Webhooks 1.0) and is at most five minutes old, and parses
 * it. `body`: the bytes or text as received, before any parsing. `secrets`: the secret of the endpoint, `whsec_`
 * followed by base64; during a rotation, the old and the new one. Throws a WebhookVerificationError if it is not
 * genuine: answer with 401 then.
 */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: IncomingHeaders,
  ...secrets: [string, ...string[]]
): WebhookEvent {
  const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)
  const received = Object.fromEntries(
    (['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const).map((name) => [name, headerOf(headers, name)]),
  )
  let refusal: unknown
  for (const secret of secrets) {
    try {
      const event = new Webhook(secret).verify(text, received) as Omit<WebhookEvent, 'id'>
      return { id: received['webhook-id'] ?? '', ...event }
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      refusal = error
    }
  }
  throw refusal
}

function headerOf(headers: IncomingHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? ''
  const [value] = [headers[name] ?? ''].flat()
  return value ?? ''
}
