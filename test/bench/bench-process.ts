import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ProfileCommand } from './profile-window.ts'
import { endOf } from '@encounter-gateway/launch/process-end.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const endWithParent = new URL('../../shared/launch/end-with-parent.ts', import.meta.url).href
const profileWindow = new URL('profile-window.ts', import.meta.url).href
const START_MS = 60_000
const POLL_MS = 10

/** How to start a process of the bench. */
export type ProcessPlan = {
  /** For its log file and its profile. */
  name: string
  script: string
  /** Options of Node. */
  options?: readonly string[]
  /** The log text that shows it is ready. */
  readyText: string
  environment: NodeJS.ProcessEnv
  /** Modules to load before it. */
  preload?: readonly string[]
}

/** A process under measurement. It writes its log to a file, as under a supervisor: no reader takes time. */
export type BenchProcess = AsyncDisposable & {
  name: string
  pid: number
  /** Processor time used so far. */
  cpuMs(): number
  residentBytes(): number
  /** Takes a CPU profile from here to `endProfile`, if the process was started for that. */
  beginProfile(): Promise<void>
  endProfile(path: string): Promise<void>
}

/** Resolves when the process is ready. `profiled`: CPU profiles may be taken of it. */
export async function startProcess(
  { name, script, options = [], readyText, environment, preload = [] }: ProcessPlan,
  folder: string,
  profiled = false,
): Promise<BenchProcess> {
  const logPath = `${folder}/${name}.log`
  const log = openSync(logPath, 'w')
  const modules = [endWithParent, ...(profiled ? [profileWindow] : []), ...preload]
  const child = spawn(process.execPath, [...options, ...modules.flatMap((module) => ['--import', module]), script], {
    cwd: root,
    env: environment,
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const ended = endOf(child)
  let end: string | undefined
  void ended.then((how) => (end = how))
  const giveUpAt = Date.now() + START_MS
  while (!readFileSync(logPath, 'utf8').includes(readyText)) {
    if (end === undefined && Date.now() < giveUpAt) await delay(POLL_MS)
    else throw new Error(`${name} did not start (${end ?? 'no word'}):\n${readFileSync(logPath, 'utf8').slice(-2000)}`)
  }
  const pid = child.pid ?? 0
  const tell = async (what: ProfileCommand) => {
    if (!profiled) return
    const answered = once(child, 'message')
    child.send(what)
    await answered
  }
  return {
    name,
    pid,
    cpuMs: () => cpuMsOf(pid),
    residentBytes: () => residentBytesOf(pid),
    beginProfile: () => tell({ begin: true }),
    endProfile: (path) => tell({ endAt: path }),
    async [Symbol.asyncDispose]() {
      // its store is thrown away with it
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** User and system time; `NaN` if there is no /proc. */
function cpuMsOf(pid: number): number {
  try {
    // proc(5): the 14th and 15th field, in ticks, of which Linux has 100 a second on every platform of Node's
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return NaN
  }
}

function residentBytesOf(pid: number): number {
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
  return Number(stdout.trim() || NaN) * 1024
}
