import type { ChildProcess } from 'node:child_process'
import { createWriteStream, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findRedis } from '@encounter-gateway/launch/find-redis.ts'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { endOf, settlesWithin } from '@encounter-gateway/launch/process-end.ts'
import { Redis } from 'ioredis'
import { spawnChild } from '../fixtures/child.ts'

const START_MS = 60_000
/** A Redis that ended by itself is restarted after this time, as a supervisor does. */
const AGAIN_MS = 500

/** A Redis as durable as in production that is killed, and restarted on the same port and data. */
export type TortureRedis = AsyncDisposable & {
  port: number
  how: string
  /** Directly to Redis, past every proxy; fails at once if Redis is away. */
  control: Redis
  /** Resolves when it accepts commands; does nothing if it already does. */
  start(): Promise<void>
  kill(): Promise<void>
  pause(): void
  resume(): void
  /** Whether it ended by itself within this time, as it does when its disk is full. */
  endsWithin(ms: number): Promise<boolean>
}

/**
 * Starts it in `folder`; throws if no `redis-server` program is available (one in a container cannot be paused here).
 */
export async function startTortureRedis(folder: string, logPath: string): Promise<TortureRedis> {
  const source = await findRedis(() => undefined)
  if (source.kind !== 'program') throw new Error('the torture needs a redis-server on PATH')
  // under the name by which it knows that it is the server: Debian has the same program as redis-check-rdb
  const runFolder = dirname(logPath)
  symlinkSync(source.path, join(runFolder, 'redis-server'))
  const port = await findFreePort()
  const log = createWriteStream(logPath, { flags: 'a' })
  const control = new Redis({
    port,
    host: '127.0.0.1',
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: 2_000,
    retryStrategy: () => 50,
  })
  control.on('error', () => undefined)
  let server: ChildProcess | undefined
  let ended: Promise<string> = Promise.resolve('')
  let closed = false

  function launch(): void {
    const program = join(runFolder, 'redis-server')
    const child = spawnChild(program, settings(port, folder))
    server = child
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    ended = endOf(child)
    void ended.then(() => {
      if (server === child) server = undefined
    })
  }

  async function start(): Promise<void> {
    const giveUpAt = Date.now() + START_MS
    const mayStart = () => !closed && Date.now() < giveUpAt
    // one that still runs may be about to end, as when its disk was full until now
    while (mayStart()) {
      if (!server) launch()
      if (control.status === 'wait') await control.connect().catch(() => undefined)
      if (await control.ping().catch(() => undefined)) return
      await delay(server ? 10 : AGAIN_MS)
    }
    throw new Error(`Redis does not start; ${logPath} tells why`)
  }

  async function kill(): Promise<void> {
    server?.kill('SIGKILL')
    await ended
  }

  await start()
  return {
    port,
    how: source.how,
    control,
    start,
    kill,
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    endsWithin: (ms) => settlesWithin(ended, ms),
    async [Symbol.asyncDispose]() {
      closed = true
      control.disconnect()
      await kill()
      log.end()
    },
  }
}

function settings(port: number, folder: string): string[] {
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction']
  return ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...durable]
}
