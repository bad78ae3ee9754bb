import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { endOf } from '@encounter-gateway/launch/process-end.ts'
import { lifeline } from '@encounter-gateway/launch/lifeline.ts'
import { ROOT } from '@encounter-gateway/launch/service.ts'

/** A folder for DATA_DIR, and ports on which nothing listens; removed at the end of the test. */
export async function ownPlace() {
  const dir = mkdtempSync(join(tmpdir(), 'npm-start-test-'))
  const [api, worker, sandbox] = [await findFreePort(), await findFreePort(), await findFreePort()]
  return {
    dir,
    ports: { PORT: api, WORKER_PORT: worker, SANDBOX_PORT: sandbox },
    gateway: `http://127.0.0.1:${api}`,
    env: { DATA_DIR: dir, PORT: String(api), WORKER_PORT: String(worker), SANDBOX_PORT: String(sandbox) },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/**
 * npm as in a terminal, in a process group of its own, which Ctrl-C reaches as a whole; asked to end when this process has.
 * `processesOf` finds it and all that it starts by what is in `env`, and not the watcher, which has it not.
 */
export function spawnNpm(words: string[], env: Record<string, string>) {
  const { REDIS_URL: _, GATEWAY_CONFIG: __, ...own } = process.env
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const [sh, ...watched] = lifeline('TERM')
  const child = spawn(sh, [...watched, 'env', ...variables, 'npm', ...words], { cwd: ROOT, env: own, detached: true })
  child.stdin.on('error', () => undefined)
  return child
}

/** `npm start`, and what it has said so far. */
export function npmStart(env: Record<string, string>) {
  const child = spawnNpm(['start'], env)
  let output = ''
  const waiting = new Set<() => void>()
  const note = (chunk: Buffer) => {
    output += stripVTControlCharacters(chunk.toString())
    for (const check of waiting) check()
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const ended = endOf(child)
  const signal = (name: NodeJS.Signals) => process.kill(-(child.pid ?? 0), name)
  return {
    ended,
    output: () => output,
    pressCtrlC: () => signal('SIGINT'),
    /** Resolves with what the pattern matched, once the output has it; rejects if the process ends without. */
    said(pattern: RegExp): Promise<RegExpExecArray> {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
      const check = () => {
        const match = pattern.exec(output)
        if (match) resolve(match)
      }
      waiting.add(check)
      check()
      void ended.then((how) => reject(new Error(`npm start ended (${how}) without saying ${pattern}:\n${output}`)))
      return promise.finally(() => waiting.delete(check))
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) signal('SIGTERM')
      await ended
    },
  }
}

/** The processes, by command line, that name this folder or have it in their environment: all that `npm start` began. */
export function processesOf(dir: string): string[] {
  const all = execFileSync('ps', ['axeww', '-o', 'pid=,args='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return all.split('\n').filter((line) => line.includes(dir) && !/<defunct>|lifeline\.sh TERM env /.test(line))
}

/** The id of the process of `processesOf` with this command line. */
export function processOf(dir: string, command: RegExp): number {
  const line = processesOf(dir).find((process) => command.test(process.replace(/^ *\d+ /, '')))
  if (!line) throw new Error(`no process of ${dir} has a command line like ${command}`)
  return Number.parseInt(line.trim(), 10)
}
