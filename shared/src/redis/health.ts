import { Cluster, type Redis } from 'ioredis'
import type { Durability, Readiness, Replication } from '../contract/readiness.ts'
import { KEY_PREFIX } from './key-prefix.ts'
import type { RedisClient } from './connect.ts'
import { withTimeout } from '../with-timeout.ts'
import { SECOND } from '../durations.ts'

/** Below this share of free memory, a batch could fill Redis before the next check. */
const LEAST_FREE = 0.05
/** A server that does not answer for this long is reported as unknown, beside the others of a cluster. */
const SETTINGS_MS = 800
/** How long an accept may wait for the figures of a server's memory, at most once per second. */
const MEMORY_MS = 250
const PROBE_KEY = `${KEY_PREFIX}:readiness`

/** The settings of a Redis server; `undefined` for those that it does not report. */
export type RedisSettings = {
  usedBytes: number | undefined
  /** 0: no limit */
  maxBytes: number | undefined
  appendOnly: 'yes' | 'no' | undefined
  appendFsync: string | undefined
  maxMemoryPolicy: string | undefined
  /** The number of connected replicas, and the seconds since the slowest of them reported back. */
  replicas: number | undefined
  lagSeconds: number | undefined
  minReplicasToWrite: number | undefined
}

/**
 * Checks what accepting requests requires: a real write, and free memory. Never throws, and takes at most one second. A
 * PING would also succeed on a full Redis.
 */
export async function readRedisHealth(redis: RedisClient): Promise<Readiness> {
  const [write, settings] = await Promise.allSettled([
    withTimeout(SECOND, probeWrite(redis)),
    withTimeout(SECOND, readSettings(redis)),
  ])
  const servers = settings.status === 'fulfilled' ? settings.value : []
  const RedisWrite = { Status: write.status === 'fulfilled' ? 'ok' : 'failed' } as const
  const RedisMemory = memoryOf(servers)
  return {
    Ready: RedisWrite.Status === 'ok' && RedisMemory.Status !== 'failed',
    Checks: {
      RedisWrite,
      RedisMemory,
      RedisDurability: durabilityCheck(servers),
      RedisReplication: replicationCheck(servers),
    },
  }
}

/**
 * Memory use of the fullest server, 0 to 1; 0 if there is no limit or it is not reported. Servers that do not answer at
 * once are left out: one that hangs must not hold up what is stored on the others.
 */
export async function readRedisMemory(redis: RedisClient): Promise<number> {
  const infos = await Promise.allSettled(primariesOf(redis).map((node) => withTimeout(MEMORY_MS, node.info('memory'))))
  const full = infos.map((info) => {
    const { usedBytes = 0, maxBytes = 0 } = readInfo(info.status === 'fulfilled' ? info.value : '')
    return maxBytes > 0 ? usedBytes / maxBytes : 0
  })
  return Math.max(0, ...full)
}

/** The servers that take writes and are connected. */
function primariesOf(redis: RedisClient): Redis[] {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
  return nodes.filter((node) => node.status === 'ready')
}

/** How durable accepted jobs are in this Redis. Evicting keys loses jobs as well, even if they are on disk. */
export function durabilityOf({ appendOnly, appendFsync, maxMemoryPolicy, maxBytes }: RedisSettings): Durability {
  if (appendOnly === 'no' || appendFsync === 'no') return 'not durable'
  if (maxMemoryPolicy !== undefined && maxMemoryPolicy !== 'noeviction' && maxBytes !== 0) return 'not durable'
  if (appendOnly === undefined || appendFsync === undefined || maxMemoryPolicy === undefined) return 'unknown'
  return appendFsync === 'always' ? 'durable' : 'up to one second may be lost'
}

/** What a failover from this Redis can lose. */
export function replicationOf({ replicas, minReplicasToWrite }: RedisSettings): Replication {
  if (replicas === 0) return minReplicasToWrite ? 'bounded' : 'no replicas'
  if (replicas === undefined || minReplicasToWrite === undefined) return 'unknown'
  return minReplicasToWrite > 0 ? 'bounded' : 'unbounded'
}

/** The memory check, for the fullest of the servers. */
export function memoryOf(servers: RedisSettings[]): Readiness['Checks']['RedisMemory'] {
  const freeOf = ({ usedBytes, maxBytes }: RedisSettings) => (maxBytes ? 1 - (usedBytes ?? 0) / maxBytes : 1)
  const [fullest] = servers.toSorted((a, b) => freeOf(a) - freeOf(b))
  if (fullest?.usedBytes === undefined || fullest.maxBytes === undefined) return { Status: 'unknown' }
  return {
    Status: freeOf(fullest) < LEAST_FREE ? 'failed' : 'ok',
    UsedBytes: fullest.usedBytes,
    MaxBytes: fullest.maxBytes || 'unlimited',
  }
}

/** The durability of the weakest server, since a job may be stored on any of them. */
function durabilityCheck(servers: RedisSettings[]): Readiness['Checks']['RedisDurability'] {
  const fromWorst: Durability[] = ['not durable', 'unknown', 'up to one second may be lost', 'durable']
  const [weakest] = servers
    .map((settings) => ({ settings, Level: durabilityOf(settings) }))
    .toSorted((a, b) => fromWorst.indexOf(a.Level) - fromWorst.indexOf(b.Level))
  return {
    Level: weakest?.Level ?? 'unknown',
    AppendOnly: weakest?.settings.appendOnly ?? 'unknown',
    AppendFsync: weakest?.settings.appendFsync ?? 'unknown',
    MaxMemoryPolicy: weakest?.settings.maxMemoryPolicy ?? 'unknown',
  }
}

/** The replication of the weakest server. */
function replicationCheck(servers: RedisSettings[]): Readiness['Checks']['RedisReplication'] {
  const fromWorst: Replication[] = ['unbounded', 'unknown', 'bounded', 'no replicas']
  const [weakest] = servers
    .map((settings) => ({ settings, Level: replicationOf(settings) }))
    .toSorted((a, b) => fromWorst.indexOf(a.Level) - fromWorst.indexOf(b.Level))
  const { replicas, lagSeconds, minReplicasToWrite } = weakest?.settings ?? {}
  return {
    Level: weakest?.Level ?? 'unknown',
    ...(replicas !== undefined && { Replicas: replicas }),
    ...(lagSeconds !== undefined && { LagSeconds: lagSeconds }),
    ...(minReplicasToWrite !== undefined && { MinReplicasToWrite: minReplicasToWrite }),
  }
}

async function probeWrite(redis: RedisClient): Promise<void> {
  // a worker's connection would queue the command until Redis returns
  if (redis.status !== 'ready') throw new Error('Redis is not connected')
  await redis.set(PROBE_KEY, Date.now(), 'PX', 10 * SECOND)
}

async function readSettings(redis: RedisClient): Promise<RedisSettings[]> {
  return Promise.all(primariesOf(redis).map(readServer))
}

async function readServer(server: Redis): Promise<RedisSettings> {
  const setting = (name: string) =>
    withTimeout(SETTINGS_MS, server.config('GET', name)).then(
      ([, value]) => value,
      () => undefined,
    )
  const [info, appendFsync, least] = await Promise.all([
    withTimeout(SETTINGS_MS, server.info()).catch(() => ''),
    setting('appendfsync'),
    setting('min-replicas-to-write'),
  ])
  return { ...readInfo(info), appendFsync, minReplicasToWrite: least === undefined ? undefined : Number(least) }
}

/** Parses the reply of INFO, which is allowed on servers that forbid CONFIG. */
export function readInfo(info: string): Omit<RedisSettings, 'appendFsync' | 'minReplicasToWrite'> {
  const fields = new Map(info.split('\r\n').map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 1)]))
  const number = (name: string) => (fields.has(name) ? Number(fields.get(name)) : undefined)
  const aof = fields.get('aof_enabled')
  // slave0:ip=127.0.0.1,port=6380,state=online,offset=14,lag=1
  const lags = [...info.matchAll(/^slave\d+:.*\blag=(\d+)/gm)].map(([, lag]) => Number(lag))
  return {
    usedBytes: number('used_memory'),
    maxBytes: number('maxmemory'),
    appendOnly: aof === undefined ? undefined : aof === '1' ? 'yes' : 'no',
    maxMemoryPolicy: fields.get('maxmemory_policy'),
    replicas: number('connected_slaves'),
    lagSeconds: lags.length > 0 ? Math.max(...lags) : undefined,
  }
}
