import { spawn } from 'node:child_process'
import { Redis } from 'ioredis'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { findRedis, type RedisSource } from './find-redis.ts'
import { findFreePort } from './free-port.ts'
import { lifeline, lifelineElsewhere } from './lifeline.ts'
import { endLeftover, explainFailure, lastLogged, linkProgram, prepareFolder, writeSettings } from './redis-folder.ts'
import { endOf, settlesWithin, signalGroup } from './process-end.ts'
import { runCommand } from './run-command.ts'

/** A Redis of our own, on a loopback port and with a password that nobody else knows. */
export type PrivateRedis = {
  /** For REDIS_URL; holds the password. */
  url: string
  /** Which Redis this is, for people. */
  how: string
  /** The process to kill in a test of failures; absent where Redis runs in a container. */
  pid: number | undefined
  /**
   * Redis ends when the last process that holds this stream's descriptor does, however it ended. A child process which
   * is handed it (`stdio: [..., redis.lifeline]`) can finish its work on Redis though its parent was killed.
   */
  lifeline: Writable
  /** Settles when Redis has ended, whether or not it was asked to. */
  ended: Promise<void>
  /** Lets Redis finish what it writes, waits for its end, and removes its folder if that was a temporary one. */
  close: () => Promise<void>
}

export type RedisOptions = {
  /** Where its data stay, made if need be; without it they live in a temporary folder, gone at `close()`. */
  dir?: string
  /** `true`: nothing is acknowledged before it is on disk (`appendfsync always`). `false`: nothing is ever written to disk. */
  persistent: boolean
  /** As in redis.conf; past it Redis refuses writes rather than drop anything. */
  maxmemory?: string
  /** Gets one line before anything that takes long. */
  log: (line: string) => void
}

const SECONDS = 1000
/** Loading an append-only file takes time, about a second for 200 MB. */
const START_MS = 120 * SECONDS
const STOP_MS = 10 * SECONDS
const PORT_TRIES = 5

/** Finds a Redis (see `findRedis`) and starts it. Throws `LaunchError` with what is wrong and what to do. */
export async function startRedis({ dir, persistent, maxmemory = '1gb', log }: RedisOptions): Promise<PrivateRedis> {
  const source = await findRedis(log)
  const folder = prepareFolder(dir)
  if (dir) await endLeftover(folder)
  // What an orderly end leaves no need for; see `endLeftover`.
  const forget = () => rmSync(dir ? join(folder, 'redis.conf') : folder, { recursive: true, force: true })
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort()
    const password = randomBytes(24).toString('hex')
    const host = source.kind === 'docker' ? '0.0.0.0' : '127.0.0.1'
    writeSettings(folder, { host, port, password, persistent, maxmemory })
    const server = spawnServer(source, folder, port)
    const url = `redis://:${password}@127.0.0.1:${port}`
    const failure = await waitUntilUp(server, url)
    const close = () => server.close().then(forget)
    if (failure === undefined) return { ...server, url, how: source.how, close }
    await server.close()
    const cause = lastLogged(folder) ?? failure
    // The port was free a moment ago; somebody else was quicker.
    if (/already in use|already allocated/i.test(cause) && attempt < PORT_TRIES) continue
    forget()
    throw explainFailure(folder, cause, source.how)
  }
}

type Server = Pick<PrivateRedis, 'pid' | 'lifeline' | 'ended' | 'close'> & { complaint: () => string }

function spawnServer(source: RedisSource, folder: string, port: number): Server {
  const container = `encounter-gateway-redis-${randomBytes(6).toString('hex')}`
  const [file, ...args] =
    source.kind === 'program'
      ? [...lifeline('TERM'), linkProgram(folder, source.path), 'redis.conf']
      : (['docker', ...dockerArguments(container, source.image, folder, port)] as const)
  // A group of its own: Ctrl-C in a terminal goes to the whole group, and Redis must be the last to end.
  const child = spawn(file, args, { cwd: folder, detached: true, stdio: ['pipe', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4096)))
  child.stdin.on('error', () => {})
  const ended = endOf(child).then(() => {
    child.stdin.destroy()
    // The watcher, which would wait on where others hold the lifeline.
    signalGroup(child, 'SIGKILL')
  })
  const close = async () => {
    child.stdin.end()
    signalGroup(child, 'SIGTERM')
    if (await settlesWithin(ended, STOP_MS)) return
    if (source.kind === 'docker') await runCommand('docker', ['rm', '--force', container])
    signalGroup(child, 'SIGKILL')
    await ended
  }
  const pid = source.kind === 'program' ? child.pid : undefined
  const complaint = () => stderr.trim().split('\n')[0] || 'it ended without a word'
  return { pid, lifeline: child.stdin, ended, close, complaint }
}

function dockerArguments(container: string, image: string, folder: string, port: number): string[] {
  const user = process.getuid ? [`--user=${process.getuid()}:${process.getgid?.() ?? 0}`] : []
  const where = [`--publish=127.0.0.1:${port}:${port}`, `--volume=${folder}:/data`, '--workdir=/data']
  const run = ['run', '--rm', '--interactive', '--pull=never', `--name=${container}`, ...user, ...where, image]
  return [...run, ...lifelineElsewhere('TERM'), 'redis-server', 'redis.conf']
}

/** `undefined` once Redis takes commands, or else what is known of why it does not. */
async function waitUntilUp(server: Server, url: string): Promise<string | undefined> {
  const gone = new AbortController()
  void server.ended.then(() => gone.abort())
  const over = AbortSignal.any([gone.signal, AbortSignal.timeout(START_MS)])
  while (!over.aborted) {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxLoadingRetryTime: 100 })
    // A listener, or ioredis prints each refusal by a server that is not up yet.
    redis.on('error', () => {})
    try {
      await redis.connect()
      return undefined
    } catch {
      await delay(20)
    } finally {
      redis.disconnect()
    }
  }
  return gone.signal.aborted ? server.complaint() : `no answer within ${START_MS / SECONDS} seconds`
}
