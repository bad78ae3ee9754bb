import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { amended, writeAtOnce } from './amend-ioredis.ts'

/** A connection to Redis: to a single server, through Sentinel, or to a Cluster. */
export type RedisClient = Redis | Cluster

/** Redis cannot be used; `message` is one sentence with the reason and the remedy. */
export class RedisUnusable extends Error {
  override name = 'RedisUnusable'
}

const SECONDS = 1000
/** Jobs may wait this long after Redis is back; a refused connection costs almost nothing. */
const MAX_RECONNECT_DELAY_MS = 500

/**
 * `producer` fails at once if Redis is unreachable, so that no request hangs. `consumer` waits for Redis to return, as
 * BullMQ's workers require. Both reconnect within half a second of its return (a connection created by BullMQ may take
 * 20 seconds).
 */
export type RedisRole = 'producer' | 'consumer'

/**
 * Connects to `REDIS_URL`: `redis://`, `rediss://`, `redis+sentinel://[user:password@]host:port,host:port/master-name`
 * or `redis+cluster://[user:password@]host:port,host:port`. Does not wait for the connection; see `untilReady`.
 */
export function connectRedis(url: string, role: RedisRole, commandTimeoutMs = 5 * SECONDS): RedisClient {
  const options = {
    connectTimeout: 5 * SECONDS,
    retryStrategy: reconnectDelay,
    maxRetriesPerRequest: role === 'consumer' ? null : 1,
    enableOfflineQueue: role === 'consumer',
    ...(role === 'producer' ? { commandTimeout: commandTimeoutMs } : {}),
  } satisfies RedisOptions
  const many = /^redis\+(sentinel|cluster):\/\/(?:([^:@]*):([^@]*)@)?([^/]+)(?:\/(.+))?$/.exec(url)
  if (!many) return amended(new Redis(url, options))
  const [, kind, username, password, hosts = '', masterName] = many
  const nodes = hosts.split(',').map(hostAndPort)
  const login = { ...(username && { username }), ...(password && { password: decodeURIComponent(password) }) }
  if (kind === 'cluster') {
    const cluster = new Cluster(nodes, {
      enableOfflineQueue: role === 'consumer',
      clusterRetryStrategy: reconnectDelay,
      redisOptions: { ...options, ...login },
    })
    return cluster.on('+node', writeAtOnce)
  }
  if (!masterName) throw new RedisUnusable('REDIS_URL lacks the master name: redis+sentinel://host:port,host:port/name')
  return amended(
    new Redis({ ...options, ...login, sentinels: nodes, name: masterName, sentinelRetryStrategy: reconnectDelay }),
  )
}

/** Resolves when Redis accepts commands; throws `RedisUnusable` with the cause after `timeoutMs`. */
export async function untilReady(redis: RedisClient, timeoutMs = 10 * SECONDS): Promise<void> {
  if (redis.status === 'ready') return
  let cause = 'no answer'
  const noteCause = (error: Error) => (cause = error.message)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    reject(new RedisUnusable(`Redis at REDIS_URL cannot be used: ${cause}. Start it, or correct REDIS_URL.`))
  }, timeoutMs)
  redis.on('error', noteCause)
  redis.once('ready', resolve)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    redis.off('error', noteCause)
    redis.off('ready', resolve)
  }
}

/** With jitter: all processes lose Redis at the same moment, and must not all reconnect at the same moment. */
function reconnectDelay(attempt: number): number {
  return Math.min(50 * 2 ** attempt, MAX_RECONNECT_DELAY_MS) * (0.5 + 0.5 * Math.random())
}

function hostAndPort(text: string): { host: string; port: number } {
  const [host = '', port] = text.split(':')
  return { host, port: Number(port ?? 6379) }
}
