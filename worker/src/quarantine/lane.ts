import { SECOND } from '@encounter-gateway/shared/durations.ts'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import type { FromQuarantine, News, ToQuarantine, WayOut } from './messages.ts'

const SCRIPT = fileURLToPath(new URL('./main.ts', import.meta.url))
/** Starting the process again takes about a second, keeping it some 80 MB. */
const IDLE_MS = 10 * SECOND
/**
 * A process whose event loop shows no sign of life for half a minute is stuck in a job and is killed; on a busy machine
 * its start may take longer.
 */
const PING_EVERY_MS = 5 * SECOND
const PINGS_MISSED = 6
const PINGS_MISSED_AT_START = 24

/** How a job left its lane. `died`: the process ended while it ran; `notStarted`: the process never became ready. */
export type Left = { kind: 'returned'; wayOut: WayOut } | { kind: 'died'; alone: boolean } | { kind: 'notStarted' }

/** A process beside the worker for jobs that might kill the worker; it runs while it has work. */
export type Lane = {
  /** Whether there is room for another job. */
  readonly free: boolean
  run(job: { connection: string; jobId: string; token: string }): Promise<Left>
  /** Ends the process. Nothing may be running any more. */
  close(): Promise<void>
}

/** Runs at most `places` jobs at once. `heard` receives what the process reports about jobs besides their ends. */
export function openLane(about: {
  places: number
  log: Logger
  stopping: AbortSignal
  heard: (news: News) => void
}): Lane {
  const { places, log, stopping, heard } = about
  const running = new Map<number, (left: Left) => void>()
  let current: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let runs = 0

  const leave = (run: number, left: Left) => {
    running.get(run)?.(left)
    running.delete(run)
    clearTimeout(idle)
    if (running.size === 0) idle = setTimeout(end, IDLE_MS)
  }
  /** The process ends by itself once the channel is closed. */
  const end = () => {
    if (running.size > 0) return
    if (current?.connected) current.disconnect()
    current = undefined
  }

  function start(): ChildProcess {
    const child = fork(SCRIPT)
    current = child
    let ready = false
    let missed = 0
    const pings = setInterval(() => {
      if (missed++ < (ready ? PINGS_MISSED : PINGS_MISSED_AT_START)) return send(child, { kind: 'ping' })
      log.error('quarantine.stuck')
      child.kill('SIGKILL')
    }, PING_EVERY_MS)
    const stop = () => send(child, { kind: 'stop' })
    if (stopping.aborted) stop()
    else stopping.addEventListener('abort', stop)
    child.on('message', (message: FromQuarantine) => {
      missed = 0
      if (message.kind === 'ready') ready = true
      else if (message.kind === 'ended') leave(message.run, { kind: 'returned', wayOut: message.wayOut })
      else if (message.kind !== 'pong') heard(message)
    })
    child.on('error', (err) => log.warn({ err }, 'quarantine.error'))
    child.once('exit', (code, signal) => {
      clearInterval(pings)
      stopping.removeEventListener('abort', stop)
      if (current !== child) return
      current = undefined
      log.warn({ code, signal, jobs: running.size }, 'quarantine.died')
      const alone = running.size === 1
      for (const run of running.keys()) leave(run, ready ? { kind: 'died', alone } : { kind: 'notStarted' })
    })
    return child
  }

  return {
    get free() {
      return running.size < places
    },
    run(job) {
      clearTimeout(idle)
      const run = ++runs
      const { promise, resolve } = Promise.withResolvers<Left>()
      running.set(run, resolve)
      send(current ?? start(), { kind: 'run', run, ...job })
      return promise
    },
    async close() {
      clearTimeout(idle)
      const child = current
      end()
      if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

/** Not sent to a process that is ending; its end is noticed otherwise. */
function send(child: ChildProcess, message: ToQuarantine): void {
  if (child.connected) child.send(message, () => undefined)
}
