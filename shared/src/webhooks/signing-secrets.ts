import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'

/**
 * The kinds of signature of Standard Webhooks 1.0.0: `v1` is HMAC-SHA256 with a shared secret, `v1a` is ed25519: the
 * receiver has only the public key.
 */
export const signatureKinds = ['v1', 'v1a'] as const
export type SignatureKind = (typeof signatureKinds)[number]

/**
 * A secret that signs messages: `whsec_` and the base64 of 24 to 64 bytes, or `whsk_` and the base64 of the 32 bytes of
 * an ed25519 seed and the 32 of its public key. It signs until `until`, ms since the epoch, or for good.
 */
export type SigningSecret = { secret: string; until?: number }

const PRIVATE = 'whsk_'
const PUBLIC = 'whpk_'
const SEED_BYTES = 32
/** What precedes the seed in PKCS #8 (RFC 8410, 7), and the public key in SubjectPublicKeyInfo (4). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** A new random secret. */
export function newSecret(kind: SignatureKind): string {
  if (kind === 'v1') return `whsec_${randomBytes(32).toString('base64')}`
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8.length)
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI.length)
  return PRIVATE + Buffer.concat([seed, point]).toString('base64')
}

export function kindOf(secret: string): SignatureKind {
  return secret.startsWith(PRIVATE) ? 'v1a' : 'v1'
}

/** The private key of a `whsk_` secret. */
export function privateKeyOf(secret: string): KeyObject {
  const seed = Buffer.from(secret.slice(PRIVATE.length), 'base64').subarray(0, SEED_BYTES)
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
}

/** The public key of a `whsk_` secret, as receivers get it: `whpk_` and the base64 of 32 bytes. */
export function publicKeyOf(secret: string): string {
  const point = createPublicKey(privateKeyOf(secret)).export({ format: 'der', type: 'spki' }).subarray(SPKI.length)
  return PUBLIC + point.toString('base64')
}

/** The secrets that sign at a time, newest first. */
export function secretsAt(secrets: readonly SigningSecret[], atMs: number): SigningSecret[] {
  return secrets.filter(({ until }) => until === undefined || until > atMs)
}
