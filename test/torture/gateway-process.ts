import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { endOf, settlesWithin } from '@encounter-gateway/launch/process-end.ts'
import { spawnChild } from '../fixtures/child.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const SECOND = 1000
/** A process that ended by itself is restarted after this time, as a supervisor does. */
const SUPERVISION_MS = 500
/** For an orderly end: drain and closing together take 35 s at most. */
const STOP_MS = 40 * SECOND

/** One process of the gateway: started, killed, paused, and restarted whenever it should run and does not. */
export type GatewayProcess = {
  name: string
  /** Resolves when it reports that it is ready. Starts over until then: Redis may have been away. */
  start(): Promise<void>
  /** SIGKILL; it stays down until `start`. */
  kill(): Promise<void>
  /** SIGTERM, then SIGKILL if that does not end it; returns how it ended. */
  stop(): Promise<string>
  pause(): void
  resume(): void
  /** SIGKILL, for good: a pending start is rejected, and there is no other. */
  close(): Promise<void>
}

/** Callbacks about a process. */
export type ProcessEvents = {
  line(line: string): void
  started(pid: number): void
  /** `expected`: somebody ended it, or it had not been ready yet. */
  ended(expected: boolean, how: string): void
}

/** Starts nothing yet. All output of the process goes to `logPath`; a line with `readyText` means that it is ready. */
export function openGatewayProcess(about: {
  name: string
  script: string
  environment: NodeJS.ProcessEnv
  readyText: string
  logPath: string
  events: ProcessEvents
}): GatewayProcess {
  const { name, script, environment, readyText, logPath, events } = about
  const log = createWriteStream(logPath, { flags: 'a' })
  let child: ChildProcess | undefined
  let ended: Promise<string> = Promise.resolve('')
  let silent: Promise<unknown> = Promise.resolve()
  let wanted = false
  let closed = false
  let whenReady = Promise.withResolvers<void>()

  function launch(): void {
    let ready = false
    const launched = spawnChild(process.execPath, [script], { cwd: root, env: environment })
    const { stdout, stderr } = launched
    child = launched
    createInterface({ input: stdout }).on('line', (line) => {
      log.write(`${line}\n`)
      events.line(line)
      if (ready || !line.includes(readyText)) return
      ready = true
      events.started(launched.pid ?? 0)
      whenReady.resolve()
    })
    stderr.pipe(log, { end: false })
    ended = endOf(launched)
    silent = once(launched, 'close').catch(() => undefined)
    void ended.then(async (how) => {
      if (child === launched) child = undefined
      events.ended(!wanted || !ready, how)
      if (!wanted) return
      await delay(SUPERVISION_MS)
      if (wanted && !child) launch()
    })
  }

  return {
    name,
    async start() {
      if (closed) throw new Error(`${name} is not started again`)
      wanted = true
      whenReady = Promise.withResolvers()
      if (!child) launch()
      await whenReady.promise
    },
    async kill() {
      wanted = false
      child?.kill('SIGKILL')
      await ended
    },
    async stop() {
      wanted = false
      child?.kill('SIGTERM')
      if (!(await settlesWithin(ended, STOP_MS))) child?.kill('SIGKILL')
      return ended
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async close() {
      closed = true
      wanted = false
      // whether anyone waits or not
      whenReady.promise.catch(() => undefined)
      whenReady.reject(new Error(`${name} was ended before it was ready`))
      child?.kill('SIGKILL')
      await ended
      await silent
      log.end()
    },
  }
}
