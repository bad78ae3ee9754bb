import type { TerminalStatus } from '../contract/job.ts'
import type { ConnectionName } from '../contract/connection-name.ts'
import type { RedisClient } from '../redis/connect.ts'
import { recordKeys } from './keys.ts'
import { itemLetters } from './routing.ts'
import { SECOND, MINUTE } from '../durations.ts'

/** Minutes per hash: few keys, and each hash small enough for Redis' compact encoding. */
const PER_BLOCK = 10
/** Two days, and the block that is still being filled. */
const KEPT_MINUTES = 48 * 60
const KEPT_MS = (KEPT_MINUTES + 2 * PER_BLOCK) * MINUTE
const FLUSH_MS = 1 * SECOND

/** Upper bounds in ms of the classes of call durations; calls that took longer are in one more class. */
export const latencyBounds = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const

/** A call to the EMR: it creates the encounter, or asks for it. */
export type CallKind = 'create' | 'find'

/** What happened on a connection in one minute. */
export type Minute = {
  /** The beginning of the minute, ms since the epoch. */
  at: number
  accepted: number
  ended: Partial<Record<TerminalStatus, number>>
  /** By kind of call and status code of its answer; 0 for calls that were not made after all. */
  calls: Record<CallKind, Record<number, number>>
  /** Calls that created or tried to, by duration: one number per bound of `latencyBounds`, and one more. */
  latency: number[]
}

/** Counts what happens on a connection, by the minute, for 48 hours. */
export type Tally = {
  accepted(jobs: number): void
  ended(status: TerminalStatus): void
  called(kind: CallKind, code: number, ms: number): void
  /** Writes what was counted so far; otherwise that happens within a second. Never throws. */
  flush(): Promise<void>
}

const kindLetters: Record<CallKind, string> = { create: 'c', find: 'f' }
const endedNames = Object.fromEntries(
  Object.entries(itemLetters).map(([status, letter]) => [status, `e${letter}`]),
) as Record<TerminalStatus, string>
const statusOfLetter = new Map(
  Object.entries(itemLetters).map(([status, letter]) => [letter as string, status as TerminalStatus]),
)

/**
 * Counts in memory and adds the sums to Redis at most once per second, so that no job costs a command. A process that is
 * killed loses the counts of its last second, and what is counted while Redis is away may be lost.
 */
export function openTally(redis: RedisClient, connection: ConnectionName, now: () => number = Date.now): Tally {
  const keys = recordKeys(connection)
  /** Counts by name of the minute `minute`, and those of earlier minutes that are not written yet. */
  let minute = 0
  let counts = new Map<string, number>()
  let earlier: [minute: number, counts: Map<string, number>][] = []
  let timer: NodeJS.Timeout | undefined

  // called several times per job
  function add(name: string, count = 1): void {
    const current = Math.floor(now() / MINUTE)
    if (current !== minute) {
      if (counts.size > 0) earlier.push([minute, counts])
      counts = new Map()
      minute = current
    }
    counts.set(name, (counts.get(name) ?? 0) + count)
    timer ??= setTimeout(() => void flush(), FLUSH_MS)
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const written = counts.size > 0 ? [...earlier, [minute, counts] as const] : earlier
    earlier = []
    counts = new Map()
    if (written.length === 0) return
    const transaction = redis.multi()
    for (const [at, names] of written) {
      const key = keys.minutes(Math.floor(at / PER_BLOCK))
      for (const [name, count] of names) transaction.hincrby(key, `${at % PER_BLOCK}${name}`, count)
      transaction.pexpire(key, KEPT_MS)
    }
    await transaction.exec().catch(() => undefined)
  }

  return {
    accepted: (jobs) => add('a', jobs),
    ended: (status) => add(endedNames[status]),
    called(kind, code, ms) {
      add(`${kindLetters[kind]}${code}`)
      if (kind === 'create') add(`l${classOf(ms)}`)
    },
    flush,
  }
}

/** The figures of the last `minutes` minutes, at most 2,880, oldest first; the last one is still being counted. */
export async function readMinutes(
  redis: RedisClient,
  connection: ConnectionName,
  minutes: number,
  now: number = Date.now(),
): Promise<Minute[]> {
  const keys = recordKeys(connection)
  const last = Math.floor(now / MINUTE)
  const first = last - Math.min(minutes, KEPT_MINUTES) + 1
  const from = Math.floor(first / PER_BLOCK)
  const to = Math.floor(last / PER_BLOCK)
  const blocks = await Promise.all(
    Array.from({ length: to - from + 1 }, (_, index) => redis.hgetall(keys.minutes(from + index))),
  )
  const found = Array.from({ length: last - first + 1 }, (_, index) => emptyMinute((first + index) * MINUTE))
  for (const [index, block] of blocks.entries()) {
    for (const [field, count] of Object.entries(block)) {
      const minute = found[(from + index) * PER_BLOCK + Number(field.charAt(0)) - first]
      if (minute) addTo(minute, field.slice(1), Number(count))
    }
  }
  return found
}

/**
 * The duration, in ms, that 95% of the calls in these minutes did not exceed, interpolated within its class;
 * `undefined` without calls.
 */
export function p95Of(minutes: readonly Pick<Minute, 'latency'>[]): number | undefined {
  const sums = emptyLatency().map((_, at) => minutes.reduce((sum, { latency }) => sum + (latency[at] ?? 0), 0))
  const calls = sums.reduce((sum, count) => sum + count, 0)
  if (calls === 0) return undefined
  let left = calls * 0.95
  for (const [at, count] of sums.entries()) {
    const above = latencyBounds[at]
    const below = latencyBounds[at - 1] ?? 0
    if (above === undefined) return below
    if (count >= left) return Math.round(below + ((above - below) * left) / count)
    left -= count
  }
  return undefined
}

function addTo(minute: Minute, name: string, count: number): void {
  const rest = name.slice(1)
  switch (name.charAt(0)) {
    case 'a':
      minute.accepted += count
      return
    case 'e': {
      const status = statusOfLetter.get(rest)
      if (status) minute.ended[status] = count
      return
    }
    case 'c':
      minute.calls.create[Number(rest)] = count
      return
    case 'f':
      minute.calls.find[Number(rest)] = count
      return
    case 'l':
      minute.latency[Number(rest)] = count
  }
}

function classOf(ms: number): number {
  const at = latencyBounds.findIndex((bound) => ms <= bound)
  return at === -1 ? latencyBounds.length : at
}

const emptyLatency = () => Array.from({ length: latencyBounds.length + 1 }, () => 0)

function emptyMinute(at: number): Minute {
  return { at, accepted: 0, ended: {}, calls: { create: {}, find: {} }, latency: emptyLatency() }
}
