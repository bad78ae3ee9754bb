import { Cluster, Command, type Redis } from 'ioredis'
import type { RedisClient } from './connect.ts'
import { SECOND } from '../durations.ts'

/** For how long the replicas may take; a healthy one takes about a millisecond. */
const CONFIRMED_WITHIN_MS = SECOND

/** Fewer replicas than configured (`redis.replicas`) have what was written: a failover may lose it. */
export class Unconfirmed extends Error {
  override name = 'Unconfirmed'
}

/** Makes sure that replicas have what is written. */
export type Confirmation = {
  /**
   * Runs `write`, which writes to the slot of `key` on the connection that it is given, and reports whether enough
   * replicas have that, and all that was written there before. `key` is overwritten.
   */
  run<Reply>(key: string, write: (redis: RedisClient) => Promise<Reply>): Promise<{ reply: Reply; confirmed: boolean }>
}

const confirmations = new WeakMap<RedisClient, Confirmation>()

/**
 * From now on what is accepted or begun on `redis` is confirmed by this many replicas, on a connection of its own that
 * `connect` opens, since WAIT holds up all that comes after it. That connection ends with `redis`. Returns the connection
 * to wait for at the start: `redis` itself if no replica is to confirm.
 */
export function confirmOn(redis: RedisClient, replicas: number, connect: () => RedisClient): RedisClient {
  if (replicas === 0) return redis
  const own = connect()
  own.on('error', () => undefined)
  redis.once('end', () => own.disconnect())
  confirmations.set(redis, openConfirmation(own, replicas))
  return own
}

/** How writes on a connection are confirmed; not at all unless `confirmOn` has said so. */
export function confirmationOf(redis: RedisClient): Confirmation {
  return (
    confirmations.get(redis) ?? {
      run: async (_key, write) => ({ reply: await write(redis), confirmed: true }),
    }
  )
}

function openConfirmation(redis: RedisClient, replicas: number): Confirmation {
  // those who ask in one turn of the event loop ask together
  const asked = new WeakMap<Redis, Promise<boolean>>()

  async function ask(server: Redis, key: string): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve))
    asked.delete(server)
    const { stream } = server
    if (server.status !== 'ready') return false
    try {
      // WAIT is about what this connection has written, and what it asks about may have been written on another
      const [, count] = await Promise.all([server.set(key, ''), server.wait(replicas, CONFIRMED_WITHIN_MS)])
      // sent again on another connection, it would have been about nothing
      return count >= replicas && server.stream === stream
    } catch {
      return false
    }
  }

  return {
    async run(key, write) {
      const server = serverOf(redis, key)
      const stream = server?.stream
      const reply = await write(redis)
      // another server may have taken its place since, which need not have what this one was given
      if (!server || serverOf(redis, key) !== server || server.stream !== stream) return { reply, confirmed: false }
      const answer = asked.get(server) ?? ask(server, key)
      asked.set(server, answer)
      return { reply, confirmed: (await answer) && server.stream === stream }
    },
  }
}

/** The connection to the server that has the slot of a key; `undefined` where it is not known. */
function serverOf(redis: RedisClient, key: string): Redis | undefined {
  if (!(redis instanceof Cluster)) return redis
  const [name] = redis.slots[new Command('set', [key]).getSlot() ?? 0] ?? []
  return redis.nodes('master').find(({ options: { host, port } }) => `${host}:${port}` === name)
}
