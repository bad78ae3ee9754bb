import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { ChaosProxy } from '../chaos-proxy.ts'
import type { Random } from '../random.ts'
import { openCluster } from './cluster.ts'
import { openSentinelSetUp } from './sentinel.ts'
import type { RedisServer } from './server.ts'
import { openSingle } from './single.ts'

/** The ways to run Redis that are tortured. */
export const setUpKinds = ['single', 'sentinel', 'cluster'] as const
export type SetUpKind = (typeof setUpKinds)[number]

/** A server that keeps data, and its name in the history. */
export type DataServer = RedisServer & { name: string }

/** A named line, for the history. */
export type NamedLine = { target: string; line: ChaosProxy }

/**
 * Redis as the gateway meets it: one server, or several with what promotes a replica. Everybody, replicas and sentinels
 * included, reaches a server only through its line.
 */
export type RedisSetUp = AsyncDisposable & {
  /** For the history. */
  how: string
  /** Base of the `REDIS_URL` of apis and of workers. */
  urls: { apis: string; workers: string }
  servers: readonly DataServer[]
  /** For questions; fails at once if Redis is away. */
  control: RedisClient
  /** The servers that take writes now, by what the set-up itself says, first the one with the connection under torture. */
  primaries(): Promise<DataServer[]>
  /** A line between the gateway and data that it needs. */
  lineToData(random: Random): Promise<NamedLine>
  /** Promotes a replica in place of this primary, as operators do; returns what came of it. */
  failOver(primary: DataServer): Promise<string>
  /** Resolves when every part of the data takes writes again, as the gateway would send them. */
  untilWell(signal: AbortSignal): Promise<void>
}

/** What a set-up is opened with. */
export type SetUpAbout = {
  /** For the data of all servers. */
  dataFolder: string
  /** For logs and settings. */
  folder: string
  /** Lines of redis.conf for all data servers. */
  settings: readonly string[]
}

/** Starts it; resolves when it takes writes. */
export function openRedisSetUp(kind: SetUpKind, about: SetUpAbout): Promise<RedisSetUp> {
  return { single: openSingle, sentinel: openSentinelSetUp, cluster: openCluster }[kind](about)
}

/** How many replicas each primary has. */
export const replicasOf: Record<SetUpKind, number> = { single: 0, sentinel: 2, cluster: 1 }
