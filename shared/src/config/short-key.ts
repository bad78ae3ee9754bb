import { hash } from 'node:crypto'

/** NIST SP 800-131A asks for 112 bits, most sites for 128: 16 random bytes, which every text form makes longer. */
export const KEY_BYTES_AT_LEAST = 16

/** Keys that are in every list of guesses; a hash reveals its key only if the key is guessed. */
const guessed = ['password', 'secret', 'changeme', 'change-me', 'test', 'demo', 'admin', 'letmein', '12345678', 'key']

let hashes: Set<string> | undefined

/**
 * Whether a `sha256:` hash is that of an empty key, of one or two printable characters, or of a key that everybody
 * guesses. A longer key cannot be told from its hash: the api measures it when it is used.
 */
export function isHashOfShortKey(keyHash: string): boolean {
  hashes ??= new Set(shortKeys().map((key) => `sha256:${hash('sha256', key)}`))
  return hashes.has(keyHash)
}

/** About nine thousand: hashing them takes 10 ms. */
function shortKeys(): string[] {
  const characters = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index))
  const pairs = characters.flatMap((first) => characters.map((second) => first + second))
  return ['', ...characters, ...pairs, ...guessed]
}
