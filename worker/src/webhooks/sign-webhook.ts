import {
  kindOf,
  privateKeyOf,
  secretsAt,
  type SigningSecret,
} from '@encounter-gateway/shared/webhooks/signing-secrets.ts'
import { sign } from 'node:crypto'
import { Webhook } from 'standardwebhooks'

/** The headers that Standard Webhooks 1.0.0 requires. */
export type SignedHeaders = { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string }

/**
 * Signs one try over `id.timestamp.body`, with every secret that signs at that time: HMAC-SHA256 as `v1`, ed25519 as
 * `v1a`. The timestamp is that of the try, since receivers refuse one that is five minutes off; the id is that of the
 * message. Throws if a secret cannot be decoded.
 */
export function signedHeaders(secrets: readonly SigningSecret[], id: string, body: string, at: Date): SignedHeaders {
  const timestamp = String(Math.floor(at.getTime() / 1_000))
  const signatures = secretsAt(secrets, at.getTime()).map(({ secret }) => {
    if (kindOf(secret) === 'v1') return new Webhook(secret).sign(id, at, body)
    return `v1a,${sign(null, Buffer.from(`${id}.${timestamp}.${body}`), privateKeyOf(secret)).toString('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
