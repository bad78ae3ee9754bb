import { Cluster, Redis, type RedisOptions } from 'ioredis'

/** A connection to Redis, be it one server, Sentinel or Cluster. */
export type RedisClient = Redis | Cluster

/** Redis cannot be used; `message` says why and what to do, in one sentence. */
export class RedisUnusable extends Error {
  override name = 'RedisUnusable'
}

const SECONDS = 1000
/** Jobs wait for as long as this after Redis is back; refusing a connection costs next to nothing. */
const MAX_RECONNECT_DELAY_MS = 500

/**
 * `producer` answers or fails at once: with Redis away a request must not hang. `consumer` waits for Redis to come
 * back, as BullMQ's workers need it to. Both come back within half a second of Redis (a BullMQ-made connection takes up to 20).
 */
export type RedisRole = 'producer' | 'consumer'

/**
 * Connects to `REDIS_URL`: `redis://`, `rediss://`, `redis+sentinel://[user:password@]host:port,host:port/master-name` or
 * `redis+cluster://[user:password@]host:port,host:port`. Does not wait for the connection; see `untilReady`.
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

/** What ioredis lacks, also on the blocking connection that BullMQ makes with `duplicate`. */
function amended(redis: Redis): Redis {
  writeAtOnce(redis)
  sayEnd(redis)
  const duplicate = redis.duplicate.bind(redis)
  redis.duplicate = (override?: RedisOptions) => amended(duplicate(override))
  return redis
}

/**
 * Writes the commands that one turn of the event loop brings to the socket at once, where ioredis makes a system call for each: a
 * worker with its hands full, for whose jobs BullMQ sends one each, does a tenth more. Nothing waits for anything, unlike with
 * `enableAutoPipelining`, whose scripts are lost for good with `SCRIPT FLUSH`.
 */
function writeAtOnce(redis: Redis): void {
  const sendCommand = redis.sendCommand.bind(redis)
  redis.sendCommand = (command, pipeline) => {
    const { stream } = redis
    if (stream?.writable && !stream.writableCorked) {
      stream.cork()
      process.nextTick(() => stream.uncork())
    }
    return sendCommand(command, pipeline)
  }
}

/**
 * ioredis 6.0 forgets to say `end` when it is told to disconnect between two tries to reconnect, and BullMQ's `worker.close()`
 * waits for that word: a worker told to stop while Redis is away would never end by itself.
 */
function sayEnd(redis: Redis): void {
  const disconnect = redis.disconnect.bind(redis)
  redis.disconnect = (reconnect = false) => {
    // as one that never began to connect, which ioredis does end with a word
    if (!reconnect && redis.status === 'reconnecting') redis.status = 'wait'
    disconnect(reconnect)
  }
}

/** Resolves when Redis takes commands; throws `RedisUnusable` with the cause after `timeoutMs`. */
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

/** With jitter: all processes lose Redis at the same moment, and need not all come at the same moment. */
function reconnectDelay(attempt: number): number {
  return Math.min(50 * 2 ** attempt, MAX_RECONNECT_DELAY_MS) * (0.5 + 0.5 * Math.random())
}

function hostAndPort(text: string): { host: string; port: number } {
  const [host = '', port] = text.split(':')
  return { host, port: Number(port ?? 6379) }
}
