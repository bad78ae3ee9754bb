import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

const KEY_BYTES = 32
/** Memory limit of one check; OWASP's parameters (N = 2^17, r = 8) need half of it. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024
/** OWASP's alternative for a server that checks several at once: 32 MiB and about 100 ms each. */
const COST = { N: 2 ** 15, r: 8, p: 3 }

/** A `passwordHash` of the configuration: `scrypt:N:r:p:salt:hash`, with salt and hash in base64. */
export type PasswordHash = { N: number; r: number; p: number; salt: Buffer; hash: Buffer }

/** Parses a `passwordHash`. Throws a `RangeError` for invalid or too expensive parameters of scrypt. */
export function parsePasswordHash(text: string): PasswordHash {
  const [, N, r, p, salt = '', hash = ''] = text.split(':')
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const isPowerOfTwo = cost.N > 1 && Number.isInteger(Math.log2(cost.N))
  if (!isPowerOfTwo || cost.r < 1 || cost.p < 1 || memoryOf(cost) > MAX_MEMORY_BYTES) {
    throw new RangeError('N must be a power of 2, r and p at least 1, and 128 * r * (N + p) at most 256 MiB')
  }
  return { ...cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

/** Whether `password` is the one that was hashed; takes the same time for a wrong one. */
export async function verifyPassword(password: string, { salt, hash, ...cost }: PasswordHash): Promise<boolean> {
  const derived = await derive(password, salt, hash.length, cost)
  return derived.length > 0 && timingSafeEqual(derived, hash)
}

/** Creates a `passwordHash` for the configuration. */
export async function hashPassword(password: string, cost = COST): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, KEY_BYTES, cost)
  return `scrypt:${cost.N}:${cost.r}:${cost.p}:${salt.toString('base64')}:${hash.toString('base64')}`
}

/** A hash of the same cost that no password matches, so that an unknown name takes as long as a known one. */
export function decoyOf({ N, r, p }: PasswordHash): PasswordHash {
  return { N, r, p, salt: randomBytes(16), hash: randomBytes(KEY_BYTES) }
}

function derive(
  password: string,
  salt: Buffer,
  bytes: number,
  cost: { N: number; r: number; p: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { ...cost, maxmem: memoryOf(cost) + 1024 * 1024 }
    scrypt(password.normalize('NFKC'), salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function memoryOf({ N, r, p }: { N: number; r: number; p: number }): number {
  return 128 * r * (N + p)
}
