import { SECOND } from '@encounter-gateway/shared/durations.ts'
import { nameOf, type ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'
import { openOutbox, type OutboxEntry } from '@encounter-gateway/shared/records/outbox.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { webhookMessageOf } from '@encounter-gateway/shared/webhooks/message.ts'
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Publish } from './publish.ts'

/** Outcomes that arrive within this time are moved together. */
const GATHER_MS = 20
/** Entries moved at once; the script for so many takes some 5 ms. */
const CHUNK = 500

/** Moves outcomes from the connections' outboxes to the feeds of their applications. */
export type Relay = {
  /** Signals that outcomes of this connection (by default of any) were just recorded. Returns at once. */
  poke(connection?: ConnectionName): void
  /** Moves what it was poked for (up to 500 per connection; other workers sweep up the rest), then stops. */
  close(): Promise<void>
}

/**
 * The outbox lies in the connection's hash slot, so that one script writes the outcome and its event; the feed of an
 * application lies in another slot. So an entry is first added to the feed, then removed from the outbox, and nothing is
 * lost wherever this is interrupted:
 * - before the add is answered: the entry is still in the outbox; the next sweep, of any worker, takes it up.
 * - between add and removal: it is in both. The sweep publishes it again under the same id, by which the feed recognises
 *   it for an hour. After that the message is delivered again, under the same `webhook-id`.
 * - after the removal: the feed has it, on disk if Redis runs as we run it, since each step waits for Redis' answer.
 * Each worker moves what was added since it last looked. Of the same entries moved by two workers the feed takes the
 * first, by their places. An entry with a lower place than another that the feed has is left to the sweep, which looks for
 * it in the feed: the other worker may be about to remove it, or the store forgot its newest entries and gave their places
 * once more. While Redis is away a command just waits for it (`redis` is of the consumer role); any other failure leaves
 * the entry where it is, for the next sweep.
 */
export function startRelay(
  about: RelayParts & { connections: readonly ConnectionName[]; sweepEveryMs?: number },
): Relay {
  const movers = new Map(about.connections.map((connection) => [nameOf(connection), openMover(connection, about)]))
  const sweep = () => {
    for (const mover of movers.values()) mover.want('leftBehind')
  }
  const timer = setInterval(sweep, about.sweepEveryMs ?? 3 * SECOND)
  sweep()
  return {
    poke(connection) {
      for (const mover of connection ? [movers.get(nameOf(connection))] : movers.values()) mover?.want('all')
    },
    async close() {
      clearInterval(timer)
      await Promise.all(movers.values().map((mover) => mover.close()))
    },
  }
}

type RelayParts = {
  redis: RedisClient
  publish: Publish
  log: Logger
  /** Called with the connection's name and the number of its outbox entries that could not be read. */
  unreadable: (connection: string, entries: number) => void
}
type Which = 'all' | 'leftBehind'

/**
 * Empties one connection's outbox. Each has its own, so that an unreachable part of a Redis Cluster holds up only its
 * own connections.
 */
function openMover(connection: ConnectionName, { redis, publish, log, unreadable }: RelayParts) {
  const outbox = openOutbox(redis, connection)
  const wanted = new Set<Which>()
  /** The place of the newest entry that was moved from here. */
  let after: string | undefined
  let running: Promise<void> | undefined
  let closed = false
  let failing = false

  const want = (which: Which) => {
    if (closed) return
    wanted.add(which)
    running ??= run()
  }

  async function run(): Promise<void> {
    do {
      await pause(GATHER_MS)
      const which = wanted.has('all') ? 'all' : 'leftBehind'
      wanted.clear()
      await moveChunk(which)
    } while (wanted.size > 0)
    running = undefined
  }

  async function moveChunk(which: Which): Promise<void> {
    try {
      const entries = which === 'all' ? await outbox.read(after, CHUNK) : await outbox.leftBehind(CHUNK)
      const unreadable = entries.filter(({ event }) => !event)
      if (unreadable.length > 0) await moveAside(unreadable)
      const messages = entries.flatMap(({ place, event }) =>
        event ? { ...webhookMessageOf(event, connection), place } : [],
      )
      if (messages.length > 0) {
        const unsure = await publish(messages, which === 'leftBehind')
        const readable = entries.filter(({ event }) => event)
        const moved = readable.filter((_, at) => !unsure.has(messages[at]!))
        if (moved.length > 0) await outbox.remove(moved)
      }
      if (which === 'all') after = entries.at(-1)?.place ?? after
      if (entries.length === CHUNK) want(which)
      failing = false
    } catch (err) {
      log[failing ? 'debug' : 'warn']({ err, connection: nameOf(connection) }, 'webhooks.notRelayed')
      failing = true
    }
  }

  async function moveAside(entries: OutboxEntry[]): Promise<void> {
    await outbox.moveAside(entries)
    log.error({ connection: nameOf(connection), entries: entries.length }, 'webhooks.unreadable')
    unreadable(nameOf(connection), entries.length)
  }

  return {
    want,
    async close() {
      closed = true
      await running
    },
  }
}
