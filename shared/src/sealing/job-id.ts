import { createHash, createHmac, type KeyObject } from 'node:crypto'
import { nameOf, type ConnectionName } from '../contract/connection-name.ts'
import { takeRandomBytes } from './random-bytes.ts'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'
const LENGTH = 20
const TAG_LENGTH = 4

/** The form of a JobId: 20 characters, so that it fits MSH-10 of HL7 v2.5.1 and can be the correlation key. */
export const JOB_ID_PATTERN = '^[a-z][0-9a-z]{19}$'
const pattern = new RegExp(JOB_ID_PATTERN)

export function isJobId(text: string): boolean {
  return pattern.test(text)
}

/**
 * The four characters with which the JobIds of a connection begin, so that a JobId identifies its connection. The first
 * is a letter: BullMQ takes ids of digits for its own.
 */
export function tagOf(connection: ConnectionName): string {
  const name = nameOf(connection)
  const known = tags.get(name)
  if (known) return known
  const hash = createHash('sha256').update(name).digest()
  const letter = String.fromCharCode(97 + ((hash[0] ?? 0) % 26))
  const rest = (hash.readUInt32BE(1) % 36 ** 3).toString(36).padStart(3, '0')
  tags.set(name, letter + rest)
  return letter + rest
}

/** A cache; there are few configured connections. */
const tags = new Map<string, string>()

/** A new JobId: the connection's tag and 16 random characters (82 bits). */
export function newJobId(connection: ConnectionName): string {
  return tagOf(connection) + base36(LENGTH - TAG_LENGTH, () => takeRandomBytes(LENGTH))
}

/**
 * An id derived from names: the same for the same connection and names, and not guessable without `secret`. `kind`
 * separates ids that are derived from the same names; see idempotency.ts, and item-records.ts for `item`.
 */
export function derivedId(
  connection: ConnectionName,
  secret: KeyObject,
  kind: 'job-id' | 'batch' | 'keyed-job' | 'keyed-batch' | 'item',
  ...names: (string | number)[]
): string {
  let block = 0
  const next = () =>
    createHmac('sha256', secret)
      .update(JSON.stringify([kind, block++, connection.emrSystem, connection.emrInstance, ...names]))
      .digest()
  return tagOf(connection) + base36(LENGTH - TAG_LENGTH, next)
}

/** The tag in a JobId, to compare with `tagOf`. */
export function tagIn(jobId: string): string {
  return jobId.slice(0, TAG_LENGTH)
}

/** Unbiased: bytes from the last multiple of 36 on are discarded. */
function base36(length: number, moreBytes: () => Buffer): string {
  let text = ''
  while (text.length < length) {
    for (const byte of moreBytes()) {
      if (byte < 252 && text.length < length) text += ALPHABET[byte % 36]
    }
  }
  return text
}
