import type { ChildProcess } from 'node:child_process'
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findRedis } from '@encounter-gateway/launch/find-redis.ts'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { endOf, settlesWithin } from '@encounter-gateway/launch/process-end.ts'
import { linkProgram } from '@encounter-gateway/launch/redis-folder.ts'
import { Redis } from 'ioredis'
import { spawnChild } from '../../fixtures/child.ts'

const START_MS = 60_000
/** A Redis that ended by itself is restarted after this time, as a supervisor does. */
const AGAIN_MS = 500

/** A Redis as durable as in production that is killed, and restarted on the same port and data. */
export type RedisServer = AsyncDisposable & {
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

/** What a server is started with besides a port and a folder of its own. */
export type ServerAbout = {
  folder: string
  logPath: string
  /** Lines of redis.conf after those that make it durable. */
  settings?: readonly string[]
  /** A sentinel, which keeps no data. */
  sentinel?: boolean
  /** A free port, if the caller has chosen one. */
  port?: number
}

/**
 * Starts it with its data in `folder`; throws if no `redis-server` program is available (one in a container cannot be
 * paused here).
 */
export async function startRedisServer(about: ServerAbout): Promise<RedisServer> {
  const { folder, logPath, settings = [], sentinel = false } = about
  const source = await findRedis(() => undefined)
  if (source.kind !== 'program') throw new Error('the torture needs a redis-server on PATH')
  mkdirSync(folder, { recursive: true })
  const port = about.port ?? (await findFreePort())
  // not on the disk that is filled, and rewritten by Redis itself when a failover changes the server's role
  const settingsPath = `${logPath.replace(/\.log$/, '')}.conf`
  const own = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...(sentinel ? [] : durable), ...settings]
  writeFileSync(settingsPath, `${own.join('\n')}\n`)
  const program = linkProgram(dirname(logPath), source.path)
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
    const child = spawnChild(program, [settingsPath, ...(sentinel ? ['--sentinel'] : [])])
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

const durable = ['appendonly yes', 'appendfsync always', 'save ""', 'maxmemory-policy noeviction']
