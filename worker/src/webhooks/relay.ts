import { SECOND } from '@encounter-gateway/shared/durations.ts'
import { nameOf, type ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { LoginEvent } from '@encounter-gateway/shared/records/logins.ts'
import { openOutbox } from '@encounter-gateway/shared/records/outbox.ts'
import type { BatchEvent, OutcomeEvent } from '@encounter-gateway/shared/records/outcome.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { webhookMessageOf, type WebhookMessage } from '@encounter-gateway/shared/webhooks/message.ts'
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
 * Two workers that move the same entry at the same time do no more than the second case. While Redis is away a command
 * just waits for it (`redis` is of the consumer role); any other failure leaves the entry where it is, for the next
 * sweep.
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
      const entries = await outbox.read(which, CHUNK)
      const readable = entries.flatMap((entry) => readEntry(entry, connection) ?? [])
      if (readable.length < entries.length) {
        const read = new Set(readable.map(({ entry }) => entry))
        await moveAside(entries.filter((entry) => !read.has(entry)))
      }
      if (readable.length > 0) {
        await publish(readable.map(({ message }) => message))
        await outbox.remove(readable.map(({ entry }) => entry))
      }
      if (entries.length === CHUNK) want(which)
      failing = false
    } catch (err) {
      log[failing ? 'debug' : 'warn']({ err, connection: nameOf(connection) }, 'webhooks.notRelayed')
      failing = true
    }
  }

  async function moveAside(entries: string[]): Promise<void> {
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

/** `undefined` for anything but one of our events. */
function readEntry(entry: string, connection: ConnectionName): { entry: string; message: WebhookMessage } | undefined {
  try {
    return { entry, message: webhookMessageOf(JSON.parse(entry) as OutcomeEvent | BatchEvent | LoginEvent, connection) }
  } catch {
    return undefined
  }
}
