import { createHash } from 'node:crypto'

/** The two words of the URL and the request that pick an EMR: `Cerner` and `default`. */
export type ConnectionName = { emrSystem: string; emrInstance: string }

/** `Cerner.default`: how a connection is named in keys, logs and metrics. */
export function nameOf({ emrSystem, emrInstance }: ConnectionName): string {
  return `${emrSystem}.${emrInstance}`
}

/** First part of every key, BullMQ's and ours. */
export const KEY_PREFIX = 'eg'

/**
 * A connection's queue name. The braces make it the Redis Cluster hash tag, so that everything one job touches
 * lies in one slot and each transition can be one script.
 */
export function queueNameOf(connection: ConnectionName): string {
  return `{${nameOf(connection)}}`
}

/** Start of a connection's keys: `eg:{Cerner.default}`. */
export function keyBaseOf(connection: ConnectionName): string {
  return `${KEY_PREFIX}:${queueNameOf(connection)}`
}

/**
 * The four characters that begin the JobIds of a connection, so that a JobId alone tells where its records lie.
 * The first is a letter: BullMQ takes ids of digits for its own.
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

/** Of the configured connections, which are few. */
const tags = new Map<string, string>()
