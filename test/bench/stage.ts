import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import type { Bench } from './bench-options.ts'
import { startProcess, type BenchProcess } from './bench-process.ts'
import type { BenchRedis } from './bench-redis.ts'
import type { Side } from './sides/side.ts'

/** Jobs that a worker has in progress at once, on every side; divided among the connections if there are several. */
export const CONCURRENCY = 100

export type Api = BenchProcess & { url: string }
export type Emr = BenchProcess & { url: string; created(): Promise<number> }

/** One side on a fresh store, for one run. All that was started ends with it. */
export type Stage = AsyncDisposable & {
  side: Side
  bench: Bench
  /** The store, if it is Redis. */
  redis: BenchRedis | undefined
  emrUrl: string
  startApi(): Promise<Api>
  startWorker(): Promise<BenchProcess>
  startEmr(): Promise<Emr>
  /** The path of the next CPU profile of this run. */
  profilePath(of: BenchProcess): string
}

export type StageOptions = {
  redisSettings?: Record<string, string>
  /** Modules to load before api and worker. */
  preload?: readonly string[]
  /** Variables of api and worker. */
  environment?: NodeJS.ProcessEnv
  emrConnections?: number
}

let stages = 0

/** Starts the store and nothing else. */
export async function openStage(side: Side, bench: Bench, options: StageOptions = {}): Promise<Stage> {
  await using started = new AsyncDisposableStack()
  const name = `${String(++stages).padStart(3, '0')}-${side.name}`
  const folder = join(bench.folder, 'logs', name)
  mkdirSync(folder, { recursive: true })
  const { preload = [], emrConnections = 1 } = options
  const store = started.use(await side.openStore(folder, options.redisSettings))
  const emrPort = await findFreePort()
  const emrUrl = `http://127.0.0.1:${emrPort}`
  const environment = {
    ...process.env,
    NODE_ENV: 'production',
    LOG_LEVEL: 'info',
    ...side.environment({
      folder,
      storeUrl: store.url,
      emrUrl,
      concurrency: Math.max(2, Math.round(CONCURRENCY / emrConnections)),
      emrConnections,
    }),
    ...options.environment,
  }
  let processes = 0
  let profiles = 0
  const start = async (kind: 'api' | 'worker', own: Record<string, string>) => {
    const plan = { ...side[kind], name: `${kind}-${++processes}`, environment: { ...environment, ...own }, preload }
    return ends.use(await startProcess(plan, folder, bench.profile))
  }
  const ends = started.move()
  return {
    side,
    bench,
    redis: store.redis,
    emrUrl,
    async startApi() {
      const PORT = String(await findFreePort())
      return { ...(await start('api', { PORT })), url: `http://127.0.0.1:${PORT}` }
    },
    startWorker: async () => start('worker', { WORKER_PORT: String(await findFreePort()) }),
    async startEmr() {
      const plan = {
        name: 'emr',
        script: 'worker/sandbox-emr/server.ts',
        readyText: 'sandbox-emr.listening',
        environment: { ...environment, SANDBOX_PORT: String(emrPort) },
      }
      const emr = ends.use(await startProcess(plan, folder))
      const created = async () => ((await (await fetch(`${emrUrl}/health`)).json()) as { Created: number }).Created
      return { ...emr, url: emrUrl, created }
    },
    profilePath: (of) => join(bench.folder, `${name}-${of.name}-${++profiles}.cpuprofile`),
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}
