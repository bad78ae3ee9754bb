import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Requests sent as fast as they are answered. */
export type SaturateOptions = {
  /** More than one: the connections are divided evenly. */
  urls: string[]
  path: string
  headers: Record<string, string>
  /** A file of bodies, one per line. */
  bodies: string
  connections: number
  /** Not measured; 0 for none. */
  warmupSeconds: number
  seconds: number
  /** A header that takes each of these values in turn. */
  rotate?: { header: string; values: string[] }
  /** A header with a different value in each request. */
  unique?: string
  /** This many requests instead of a number of seconds. */
  amount?: number
}

/** Latencies in whole ms. */
export type SaturateResult = {
  ok: number
  failed: number
  /** The status codes that were received. */
  statuses: string
  seconds: number
  p50: number
  p99: number
  max: number
  /** The load's own use of the processors. */
  cpuMs: number
}

/** Requests sent at a given pace, whether they are answered or not. */
export type PacedOptions = Omit<SaturateOptions, 'amount'> & { perSecond: number }

/** Latencies in ms, from the moment when a request was due. */
export type PacedResult = {
  ok: number
  failed: number
  statuses: string
  seconds: number
  p50: number
  p99: number
  p999: number
}

/** One upload of NDJSON. */
export type UploadOptions = { url: string; path: string; headers: Record<string, string>; file: string }

/** `body`: the answer. */
export type UploadResult = { status: number; seconds: number; body: string }

/** `file` of bodies into the bare queue, `atOnce` of them by each `addBulk`. */
export type AddInBulkOptions = { file: string; atOnce: number }
export type AddInBulkResult = { items: number; seconds: number }

/** Runs one of the load programs in a process of its own. `whenWarm` is called as the measured part begins. */
export function saturate(options: SaturateOptions, whenWarm: () => void = () => undefined): Promise<SaturateResult> {
  return runLoad('saturate.ts', options, whenWarm)
}

/** As `saturate`, at a pace. */
export function pace(options: PacedOptions, whenWarm: () => void = () => undefined): Promise<PacedResult> {
  return runLoad('pace.ts', options, whenWarm)
}

/** Streams one file in one request. */
export function upload(options: UploadOptions): Promise<UploadResult> {
  return runLoad('upload.ts', options, () => undefined)
}

/** What the batch route is compared with: `addBulk` in a process, on the Redis of `redisUrl`. */
export function addInBulk(options: AddInBulkOptions, redisUrl: string): Promise<AddInBulkResult> {
  return runLoad('add-in-bulk.ts', options, () => undefined, { REDIS_URL: redisUrl })
}

function runLoad<Result>(
  script: string,
  options: object,
  whenWarm: () => void,
  environment: NodeJS.ProcessEnv = {},
): Promise<Result> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = fork(path, [JSON.stringify(options)], {
    execPath: process.execPath,
    execArgv: [],
    env: { ...process.env, NODE_ENV: 'production', ...environment },
  })
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  child.on('message', (message: { event: 'warm' | 'result' }) => {
    if (message.event === 'warm') whenWarm()
    else resolve(message as Result)
  })
  child.once('error', reject)
  child.once('exit', (code, signal) => reject(new Error(`${script} ended without a result: ${signal ?? code}`)))
  return promise
}
