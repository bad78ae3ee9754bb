import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import type { components } from './openapi.ts'

export { WebhookVerificationError } from 'standardwebhooks'

type Schemas = components['schemas']

/**
 * An event sent by the gateway to an endpoint; `type` tells which. Gateways newer than this client may send other types and
 * properties: ignore what you do not know.
 */
export type WebhookEvent = {
  /** The same at every delivery attempt: ignore events that you have processed. */
  id: string
} & Schemas['EncounterMessage' | 'BatchMessage' | 'LoginMessage' | 'EndpointMessage' | 'TestMessage']

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
      return eventOf(received['webhook-id'], new Webhook(secret).verify(text, received))
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      refusal = error
    }
  }
  throw refusal
}

/**
 * The same for an endpoint with `Signature: "v1a"` (ed25519): `publicKeys` are its `PublicKey`, `whpk_` followed by
 * base64; during a rotation, the old and the new one.
 */
export async function verifyWebhookByPublicKey(
  body: string | Uint8Array,
  headers: IncomingHeaders,
  ...publicKeys: [string, ...string[]]
): Promise<WebhookEvent> {
  const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)
  const id = headerOf(headers, 'webhook-id')
  const timestamp = headerOf(headers, 'webhook-timestamp')
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${text}`)
  const signatures = headerOf(headers, 'webhook-signature')
    .split(' ')
    .filter((each) => each.startsWith('v1a,'))
    .map((each) => bytesIn(each.slice('v1a,'.length)))
  for (const publicKey of publicKeys) {
    const bytes = bytesIn(publicKey.replace(/^whpk_/, ''))
    if (bytes.length !== 32) throw new TypeError('a public key is whpk_ and the base64 of 32 bytes')
    const key = await crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify'])
    for (const signature of signatures) {
      if (!(await crypto.subtle.verify('Ed25519', key, signature, signed))) continue
      // the rest, such as the age, is checked as for a shared secret, with one made up here
      const own = new Webhook(crypto.getRandomValues(new Uint8Array(24)), { format: 'raw' })
      const at = new Date(Number(timestamp) * 1_000)
      const checked = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': own.sign(id, at, text) }
      return eventOf(id, own.verify(text, checked))
    }
  }
  throw new WebhookVerificationError('No matching signature found')
}

/** The schema of a verified body is the gateway's word. */
function eventOf(id = '', body: unknown): WebhookEvent {
  return { id, ...(body as object) } as WebhookEvent
}

/** The bytes of a base64 text; none if it is not base64. */
function bytesIn(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0)
  } catch {
    return new Uint8Array(0)
  }
}

function headerOf(headers: IncomingHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? ''
  const [value] = [headers[name] ?? ''].flat()
  return value ?? ''
}
