import type { Application, Connection, Retention } from '../config/schema.ts'
import { confirmationOf, Unconfirmed } from '../redis/confirm.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { SealingKeys } from '../sealing/seal.ts'
import { recordKeys, type RecordKeys } from './keys.ts'
import { defineScripts } from './scripts.ts'
import { openTally, type Tally } from './tally.ts'
import { HOUR } from '../durations.ts'

/** A payload outlives its job's deadline by this much, so that it still exists when the job expires. */
export const PAYLOAD_GRACE_MS = 24 * HOUR

/** The settings of a connection on which its records depend. */
export type RecordedConnection = Pick<
  Connection,
  'emrSystem' | 'emrInstance' | 'deadlineHours' | 'maxAttempts' | 'concurrency' | 'timeoutMs'
> &
  Partial<Pick<Connection, 'onUnknownOutcome' | 'requestsPerSecond'>>

/** What the records of a connection are opened with. */
export type RecordsAbout = {
  connection: RecordedConnection
  sealingKeys: SealingKeys
  retention: Retention
  applications: readonly Pick<Application, 'name' | 'share'>[]
  /** The applications whose jobs and batches are announced when they end; by default all. */
  announce?: readonly string[]
  /** Called after each outcome that this process has recorded, and each end of a batch that it has brought about. */
  ended?: () => void
  /** Called with each error in giving turns, once per missing sealing key; the next poke tries again. */
  turnsFailed?: (error: unknown) => void
}

/** What every part of a connection's records works with. */
export type RecordsContext = RecordsAbout & {
  redis: RedisClient
  keys: RecordKeys
  /**
   * Runs a write on the connection that it is given, and reports whether the configured number of replicas has it
   * (`redis.replicas`); always, if none has to.
   */
  confirm: <Reply>(write: (redis: RedisClient) => Promise<Reply>) => Promise<{ reply: Reply; confirmed: boolean }>
  /** Counts what happens on the connection. */
  tally: Tally
  /** The applications to which the ends of jobs and batches are announced: all, since endpoints may come later. */
  announced: ReadonlySet<string>
  /** The highest count of the connection's moves that this process has seen; see moves.lua. */
  seen: Seen
  /** The version of what is known of refused logins, '' if nothing is; begin.lua reports it. */
  loginsSeen: { version: string }
  /**
   * In ms: how long a job may take; for how long a request may be repeated under its Idempotency-Key after the store has
   * forgotten its job; and how long payloads, results and the payloads of unsuccessful jobs are kept.
   */
  terms: { deadlineMs: number; repeatMs: number; payloadMs: number; resultMs: number; failedPayloadMs: number }
}

/** Remembers the highest count of moves; `splitOff` takes it from the end of a script's replies. */
export type Seen = { readonly count: number; splitOff<Reply>(replies: (Reply | number)[]): Reply[] }

export function openContext(redis: RedisClient, about: RecordsAbout): RecordsContext {
  defineScripts(redis)
  const { connection, retention, applications } = about
  const resultMs = Math.round(retention.resultHours * HOUR)
  const deadlineMs = Math.round(connection.deadlineHours * HOUR)
  const keys = recordKeys(connection)
  const confirmation = confirmationOf(redis)
  return {
    ...about,
    redis,
    keys,
    confirm: (write) =>
      confirmation.run(keys.confirmation, (on) => {
        // the connection that confirms has not run any yet
        if (on !== redis) defineScripts(on)
        return write(on)
      }),
    tally: openTally(redis, connection),
    seen: openSeen(),
    loginsSeen: { version: '' },
    announced: new Set(about.announce ?? applications.map(({ name }) => name)),
    terms: {
      deadlineMs,
      // where each doubt costs a person's time, only for as long as clients usually repeat
      repeatMs: connection.onUnknownOutcome === 'stop' ? HOUR : resultMs,
      payloadMs: deadlineMs + PAYLOAD_GRACE_MS,
      resultMs,
      failedPayloadMs: Math.round(retention.failedPayloadHours * HOUR),
    },
  }
}

/** Runs a write, and throws `Unconfirmed` if the configured number of replicas does not have it. */
export async function confirmed<Reply>(
  { confirm }: Pick<RecordsContext, 'confirm'>,
  write: (redis: RedisClient) => Promise<Reply>,
): Promise<Reply> {
  const { reply, confirmed: isConfirmed } = await confirm(write)
  if (!isConfirmed) throw new Unconfirmed('too few replicas have what was written')
  return reply
}

function openSeen(): Seen {
  let count = 0
  return {
    get count() {
      return count
    },
    splitOff<Reply>(replies: (Reply | number)[]): Reply[] {
      count = Math.max(count, Number(replies.at(-1)))
      return replies.slice(0, -1) as Reply[]
    },
  }
}

/** The clock of the records: whole seconds, as ms since the epoch. */
export async function redisTime(redis: RedisClient): Promise<number> {
  const [seconds] = await redis.time()
  return Number(seconds) * 1000
}

/** All applications that have had jobs on the connection, also those no longer in the configuration. */
export async function allApplications({ redis, keys, applications }: RecordsContext): Promise<Set<string>> {
  return new Set([...applications.map(({ name }) => name), ...(await redis.hkeys(keys.depth))])
}
