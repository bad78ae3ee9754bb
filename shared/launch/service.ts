import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { LaunchError } from './launch-error.ts'
import { passOutput } from './output.ts'
import { nodeArgumentsOf } from './npm-script.ts'
import { endOf, settlesWithin, signalGroup } from './process-end.ts'

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** One process of the gateway, started by the launcher. */
export type Service = {
  /** The name as the start of a sentence: `The API`. */
  name: string
  /** How it ended, whether or not it was asked to: `exit code 1`, `SIGKILL`. */
  ended: Promise<string>
  /** Asks it to drain and end, and ends it by force when `drainMs` are over. */
  stop(drainMs: number): Promise<void>
  /** Ends it at once. */
  kill(): void
}

/**
 * Starts the process of the npm script `script` on the same Node, in a process group of its own, so that Ctrl-C reaches
 * only the launcher, which ends everything in order. `lifeline`: see `PrivateRedis`.
 */
export function startService(
  name: string,
  script: string,
  { env, lifeline }: { env: NodeJS.ProcessEnv; lifeline: Writable | undefined },
): Service {
  const preload = fileURLToPath(new URL('end-with-parent.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', preload, ...nodeArgumentsOf(script)], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', ...(lifeline ? [lifeline] : [])],
  })
  passOutput(child.stdout, name)
  passOutput(child.stderr, name)
  const ended = endOf(child)
  const kill = () => signalGroup(child, 'SIGKILL')
  return {
    name,
    ended,
    kill,
    async stop(drainMs) {
      child.kill('SIGTERM')
      if (!(await settlesWithin(ended, drainMs))) kill()
      await ended
    },
  }
}

const READY_MS = 60_000

/** Resolves when `url` answers 200. Throws `LaunchError` after a minute, with the last answer, or when told to stop. */
export async function untilReady({ name }: Service, url: string, stop: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(READY_MS)
  let last = 'no answer'
  while (!deadline.aborted) {
    stop.throwIfAborted()
    try {
      const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(2_000) })
      if (ok) return
      last = `answer ${status}`
    } catch {
      // Not listening yet.
    }
    await delay(50)
  }
  throw new LaunchError(`${name} is not ready after ${READY_MS / 1000} seconds: ${last} from ${url}.`)
}
