import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The time of `startOnce` on an idle machine with two cores. */
const IDLE_MS = 1_000
const SLOWEST = 10

/** How many times longer a process with all of the api takes to start here and now than on an idle machine: 1 to 10. */
export async function measurePace(): Promise<number> {
  // the first one reads the files of the packages, which the later ones have in memory
  await startOnce()
  return Math.min(SLOWEST, Math.max(1, (await startOnce()) / IDLE_MS))
}

async function startOnce(): Promise<number> {
  const startedAt = performance.now()
  const api = fileURLToPath(new URL('../../api/src/app.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', api, '--eval', ''], { stdio: 'ignore' })
  await once(child, 'exit')
  return performance.now() - startedAt
}
