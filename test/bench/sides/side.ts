import { startBenchRedis, type BenchRedis } from '../bench-redis.ts'

/** Where a side stores its jobs. */
export type Store = AsyncDisposable & { url: string; redis?: BenchRedis }

/** What is compared: how its processes are started. The rest of the bench treats all sides the same. */
export type Side = {
  name: string
  /** A fresh one. Throws `Skipped` if this machine does not offer it. */
  openStore(folder: string, redisSettings?: Record<string, string>): Promise<Store>
  api: SideProcess
  worker: SideProcess
  path: string
  headers: Record<string, string>
  /** Variables of its own. */
  environment: (about: EnvironmentAbout) => NodeJS.ProcessEnv
}

/** `emrConnections`: the number of connections to EMRs configured, if a side has such. */
export type EnvironmentAbout = {
  folder: string
  storeUrl: string
  emrUrl: string
  concurrency: number
  emrConnections: number
}

/** `options`: those of Node. */
export type SideProcess = { script: string; readyText: string; options?: readonly string[] }

/** A store of the sides that use Redis. */
export async function openRedisStore(_folder: string, settings?: Record<string, string>): Promise<Store> {
  const redis = await startBenchRedis(settings)
  return { url: redis.url, redis, [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() }
}

/** The request to every side: a valid request of a known application. */
export const path = '/api/v1/Sandbox/PatientEncounters'
