import { Webhook } from 'standardwebhooks'

/** The headers that Standard Webhooks 1.0.0 requires. */
export type SignedHeaders = { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string }

/**
 * Signs one try: HMAC-SHA256 over `id.timestamp.body`. The timestamp is that of the try, since receivers refuse one
 * that is five minutes off; the id is that of the message. Throws, with the library's text, if `secret` (`whsec_` and
 * base64) cannot be decoded.
 */
export function signedHeaders(secret: string, id: string, body: string, at: Date): SignedHeaders {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  }
}
