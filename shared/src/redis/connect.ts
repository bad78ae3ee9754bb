import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { amended, amendedCluster } from './amend-ioredis.ts'
import { readRedisUrl, RedisUnusable } from './redis-url.ts'
import { SECOND } from '../durations.ts'

/** A connection to Redis: to a single server, through Sentinel, or to a Cluster. */
export type RedisClient = Redis | Cluster

/** Jobs may wait this long after Redis is back; a refused connection costs almost nothing. */
const MAX_RECONNECT_DELAY_MS = 500
/**
 * A connection on which no byte of a reply arrives for this long is replaced: a peer that hangs, or a firewall that
 * forgot the connection, closes nothing.
 */
const SILENT_MS = 5 * SECOND
/** How often a connection is tried while nothing else is sent on it. */
const PING_EVERY_MS = 3 * SECOND
/** How often the slots of a cluster are read: a node that hangs sends no redirection to the one that replaced it. */
const SLOTS_EVERY_MS = 2 * SECOND
/** ioredis waits a minute before it returns to a sentinel that went away, and learns of no failover meanwhile. */
const SENTINEL_RECONNECT_MS = 2 * SECOND

/**
 * `producer` fails at once if Redis is unreachable, so that no request hangs. `consumer` waits for Redis to return, as
 * BullMQ's workers require. Both reconnect within half a second of its return (a connection created by BullMQ may take
 * 20 seconds), and replace a connection that has gone silent within 8 s.
 */
export type RedisRole = 'producer' | 'consumer'

/**
 * Connects to a `REDIS_URL`, whose forms are those of `readRedisUrl`; throws `RedisUnusable`. Does not wait for the
 * connection; see `untilReady`.
 */
export function connectRedis(url: string, role: RedisRole, commandTimeoutMs = SILENT_MS): RedisClient {
  const { kind, nodes, login, db, masterName, sentinelLogin, tls } = readRedisUrl(url)
  const options = {
    connectTimeout: SILENT_MS,
    socketTimeout: SILENT_MS,
    retryStrategy: reconnectDelay,
    // a server that became a replica, behind the same address
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    maxRetriesPerRequest: role === 'consumer' ? null : 1,
    enableOfflineQueue: role === 'consumer',
    ...(role === 'producer' ? { commandTimeout: commandTimeoutMs } : {}),
    ...login,
    ...(tls && { tls }),
  } satisfies RedisOptions
  if (kind === 'cluster') {
    const cluster = new Cluster(nodes, {
      enableOfflineQueue: role === 'consumer',
      clusterRetryStrategy: reconnectDelay,
      slotsRefreshInterval: SLOTS_EVERY_MS,
      redisOptions: options,
      // certificates name hosts, while a cluster announces addresses, unless it is told to announce its hosts
      ...(tls && { dnsLookup: (address, found) => found(null, address) }),
    })
    return amendedCluster(cluster)
  }
  if (kind === 'single') return keptAwake(amended(new Redis({ ...options, ...nodes[0], db })))
  return keptAwake(
    amended(
      new Redis({
        ...options,
        db,
        sentinels: nodes,
        name: masterName,
        ...sentinelLogin,
        ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
        sentinelRetryStrategy: reconnectDelay,
        sentinelReconnectStrategy: () => SENTINEL_RECONNECT_MS,
        sentinelCommandTimeout: SILENT_MS,
        // an old primary goes on answering for some ten seconds, and everything it is given is lost
        failoverDetector: true,
      }),
    ),
  )
}

/** Resolves when Redis accepts commands; throws `RedisUnusable` with the cause after `timeoutMs`. */
export async function untilReady(redis: RedisClient, timeoutMs = 10 * SECOND): Promise<void> {
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

/**
 * Pings an idle connection, so that it is replaced if it has gone silent (`SILENT_MS`): a subscriber would wait for ever
 * for messages, a producer would lose the next request. In a cluster, reading the slots does it.
 */
function keptAwake(redis: Redis): Redis {
  const ping = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => undefined)
  }, PING_EVERY_MS)
  ping.unref()
  return redis.once('end', () => clearInterval(ping))
}

/** With jitter: all processes lose Redis at the same moment, and must not all reconnect at the same moment. */
function reconnectDelay(attempt: number): number {
  return Math.min(50 * 2 ** attempt, MAX_RECONNECT_DELAY_MS) * (0.5 + 0.5 * Math.random())
}
