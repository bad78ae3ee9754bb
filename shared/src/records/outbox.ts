import type { ConnectionName } from '../contract/connection-name.ts'
import type { TerminalStatus } from '../contract/job.ts'
import { DAY, SECOND } from '../durations.ts'
import type { RedisClient } from '../redis/connect.ts'
import { recordKeys } from './keys.ts'
import type { LoginEvent } from './logins.ts'
import type { BatchEvent, OutcomeEvent } from './outcome.ts'

/** An entry of this age was left behind: whoever recorded the outcome would have moved it long ago. */
const LEFT_BEHIND_MS = 2 * SECOND
/** Entries that cannot be read are moved aside: the newest are kept for a week after the last one. */
const MOST_UNREADABLE = 1_000
const UNREADABLE_KEPT_S = (7 * DAY) / SECOND

/** An event of a connection that no feed has yet. */
export type OutboxEntry = {
  /** `<ms>-<n>`: an entry that is added later has a higher one, unless the store has forgotten. None in what versions up to 0.1 wrote. */
  place?: string
  /** As the script that recorded it wrote it. */
  text: string
  /** Absent if it cannot be read. */
  event?: OutcomeEvent | BatchEvent | LoginEvent
}

/** The events of a connection that no feed has yet: a stream, so that what is moved is removed by its place. */
export type Outbox = {
  /** The oldest entries after a place, or of all, at most `most`. */
  read(after: string | undefined, most: number): Promise<OutboxEntry[]>
  /** The oldest of those that have been there for two seconds, and of those that a version up to 0.1 left; at most `most`. */
  leftBehind(most: number): Promise<OutboxEntry[]>
  /** Removes entries. Those that are gone already are skipped. */
  remove(entries: readonly OutboxEntry[]): Promise<void>
  /** Moves entries aside in one transaction, so that they do not block those behind them and can be inspected. */
  moveAside(entries: readonly OutboxEntry[]): Promise<void>
}

/** Opens a connection's outbox on a connection to Redis, which the caller owns. */
export function openOutbox(redis: RedisClient, connection: ConnectionName): Outbox {
  const { outbox, oldOutbox, outboxUnreadable } = recordKeys(connection)
  const read: Outbox['read'] = async (after, most) => {
    const entries = await redis.xrange(outbox, after ? `(${after}` : '-', '+', 'COUNT', most)
    return entries.map(([place, [, text = '']]) => ({ place, ...readText(text) }))
  }
  return {
    read,
    async leftBehind(most) {
      const [entries, old] = await Promise.all([
        read(undefined, most),
        redis.zrange(oldOutbox, '0', String(most - 1), 'WITHSCORES'),
      ])
      if (entries.length === 0 && old.length === 0) return []
      const [seconds] = await redis.time()
      const newest = Number(seconds) * SECOND - LEFT_BEHIND_MS
      const oldEntries = Array.from(
        { length: old.length / 2 },
        (_, at) => [old[at * 2] ?? '', Number(old[at * 2 + 1])] as const,
      )
      return [
        ...oldEntries.flatMap(([text, at]) => (at <= newest ? readText(text) : [])),
        ...entries.filter(({ place }) => Number.parseInt(place ?? '') <= newest),
      ].slice(0, most)
    },
    async remove(entries) {
      const { places, texts } = bothKinds(entries)
      await Promise.all([
        places.length > 0 && redis.xdel(outbox, ...places),
        texts.length > 0 && redis.zrem(oldOutbox, ...texts),
      ])
    },
    async moveAside(entries) {
      const { places, texts } = bothKinds(entries)
      const move = redis.multi()
      if (places.length > 0) move.xdel(outbox, ...places)
      if (texts.length > 0) move.zrem(oldOutbox, ...texts)
      const moved = await move
        .lpush(outboxUnreadable, ...entries.map(({ text }) => text))
        .ltrim(outboxUnreadable, 0, MOST_UNREADABLE - 1)
        .expire(outboxUnreadable, UNREADABLE_KEPT_S)
        .exec()
      for (const [error] of moved ?? []) if (error) throw error
    },
  }
}

/** The places of entries of the stream, and the texts of those that a version up to 0.1 wrote. */
function bothKinds(entries: readonly OutboxEntry[]) {
  return {
    places: entries.flatMap(({ place }) => place ?? []),
    texts: entries.flatMap(({ place, text }) => (place ? [] : text)),
  }
}

/** Reads an event from JSON. An outcome is a list without names, since there is one for each job (finish.lua). */
function readText(text: string): Pick<OutboxEntry, 'text' | 'event'> {
  try {
    const event = JSON.parse(text) as OutcomeEvent | BatchEvent | LoginEvent | OutcomeRow
    if (!Array.isArray(event)) return typeof event.At === 'number' ? { text, event } : { text }
    const [JobId, Round, At, Status, StatusCode, Application, BatchId] = event
    return { text, event: { JobId, Round, At, Status, StatusCode, Application, ...(BatchId && { BatchId }) } }
  } catch {
    return { text }
  }
}

type OutcomeRow = [
  JobId: string,
  Round: number,
  At: number,
  Status: TerminalStatus,
  StatusCode: number,
  Application: string,
  BatchId?: string,
]
