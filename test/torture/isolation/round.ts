import { keyBaseOf } from '@encounter-gateway/shared/records/keys.ts'
import { closeSync, cpSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openGatewayProcess } from '../gateway-process.ts'
import { startRedisServer, type RedisServer } from '../redis/server.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { Latencies, LoadOrder, LoadReport } from './load.ts'
import { readProcessorTime, spentSince, type ProcessorTime } from './processor-time.ts'
import { HUNG, WELL, type Setup } from './setup.ts'
import { toldByChild } from './told-by-child.ts'

/** The default number of calls that a connection makes at once. */
const CONCURRENCY = 20

/** The healthy EMR's jobs in one round. */
export type Round = {
  hung: boolean
  accept: Latencies
  completion: Latencies
  /** Unexpected answers, by kind and status. */
  failed: Record<string, number>
  /** Jobs without outcome at the other EMR, before and after. */
  waiting: [before: number, after: number]
  /** The share of all cores' time used meanwhile, by any process: near 1 it is the machine that was measured. */
  busy: number
  /** Warming up included. */
  spent: ProcessorTime
}

/**
 * Starts everything anew in `folder`, loads the healthy EMR, and measures. With `filled`, a folder of Redis' data, it
 * starts from that data, and the other EMR accepts every request and answers none.
 */
export async function playRound(about: {
  folder: string
  filled: string | undefined
  setup: Setup
  load: Omit<LoadOrder, 'url' | 'emrInstance'>
  /** The share of the load already sent. */
  sent: (share: number) => void
  signal: AbortSignal
}): Promise<Round> {
  const { folder, filled, setup, signal } = about
  const { ports } = setup
  await using started = new AsyncDisposableStack()
  const data = join(folder, 'redis')
  mkdirSync(data, { recursive: true })
  started.defer(() => rmSync(folder, { recursive: true }))
  if (filled !== undefined) copyToDisk(filled, data)
  const redis = started.use(await startRedisServer({ folder: data, logPath: join(folder, 'redis.log') }))
  const environment = { ...setup.environment, REDIS_URL: `redis://127.0.0.1:${redis.port}` }

  const start = (name: string, script: string, readyText: string, own: Record<string, string> = {}) => {
    let isOver = false
    const { promise: endedItself, reject } = Promise.withResolvers<never>()
    const events = {
      line: () => undefined,
      started: () => undefined,
      ended: (_expected: boolean, how: string) => isOver || reject(new Error(`${name} ended by itself: ${how}`)),
    }
    const logPath = join(folder, `${name}.log`)
    const opened = openGatewayProcess({
      name,
      script,
      environment: { ...environment, ...own },
      readyText,
      logPath,
      events,
    })
    started.defer(async () => {
      isOver = true
      await opened.close()
    })
    return { started: opened.start(), endedItself }
  }
  const emr = (name: string, port: number) =>
    start(name, 'worker/sandbox-emr/server.ts', 'sandbox-emr.listening', { SANDBOX_PORT: String(port) })
  const emrs = [emr('emr-well', ports.well), emr('emr-hung', ports.hung)]
  await unlessAborted(Promise.all(emrs.map((each) => each.started)), signal)
  if (filled !== undefined) await hang(`http://127.0.0.1:${ports.hung}`)
  const gateway = [
    // as `npm run api` starts it
    start('api', 'api/src/server.ts', 'Server listening', { NODE_OPTIONS: '--max-semi-space-size=16' }),
    start('worker', 'worker/src/main.ts', 'worker.started'),
  ]
  await unlessAborted(Promise.all(gateway.map((each) => each.started)), signal)
  if (filled !== undefined) await untilHanging(redis, signal)

  const before = await countWaiting(redis)
  const spentBefore = await readProcessorTime(ports, redis)
  const busySince = watchCores()
  let result: Extract<LoadReport, { accept: Latencies }> | undefined
  const loaded = toldByChild<LoadReport>({
    script: 'load.ts',
    order: { ...about.load, url: `http://127.0.0.1:${ports.api}`, emrInstance: WELL.emrInstance },
    environment,
    tell(report) {
      if ('sent' in report) about.sent(report.sent / report.of)
      else result = report
    },
    signal,
  })
  await Promise.race([loaded, ...[...emrs, ...gateway].map((each) => each.endedItself)])
  if (!result) throw new Error('the load ended without a result')
  const busy = busySince()
  const spent = spentSince(spentBefore, await readProcessorTime(ports, redis))
  return { hung: filled !== undefined, ...result, waiting: [before, await countWaiting(redis)], busy, spent }
}

/**
 * All of it on disk: otherwise the first of Redis' own syncs would wait for what is still to be written, in this kind
 * of round alone.
 */
function copyToDisk(from: string, to: string): void {
  cpSync(from, to, { recursive: true })
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = openSync(join(entry.parentPath, entry.name), 'r+')
    fsyncSync(file)
    closeSync(file)
  }
}

/** Returns a function that reports how busy the cores were since. */
function watchCores(): () => number {
  const read = () => {
    const times = cpus().map((core) => core.times)
    const sum = (of: (each: (typeof times)[number]) => number) => times.reduce((all, each) => all + of(each), 0)
    return {
      idle: sum(({ idle }) => idle),
      all: sum((each) => each.user + each.nice + each.sys + each.irq + each.idle),
    }
  }
  const before = read()
  return () => {
    const after = read()
    return 1 - (after.idle - before.idle) / (after.all - before.all)
  }
}

async function hang(emrUrl: string): Promise<void> {
  const answer = await fetch(`${emrUrl}/control`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hangAll: true }),
  })
  const said = await answer.text()
  if (!answer.ok) throw new Error(`the Sandbox EMR does not take its orders: ${said}`)
}

async function untilHanging({ control }: RedisServer, signal: AbortSignal): Promise<void> {
  while ((await control.llen(`${keyBaseOf(HUNG)}:active`)) < CONCURRENCY) await delay(50, undefined, { signal })
}

function countWaiting({ control }: RedisServer): Promise<number> {
  return control.zcard(`${keyBaseOf(HUNG)}:pending`)
}
