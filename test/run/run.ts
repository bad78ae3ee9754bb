import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LaunchError } from '@encounter-gateway/launch/launch-error.ts'
import { lifeline } from '@encounter-gateway/launch/lifeline.ts'
import { measurePace } from './measure-pace.ts'
import { provideTestRedis } from './provide-test-redis.ts'

const SECONDS = 1_000
/** The tests start hundreds of processes: each takes a third less time with what an earlier one has compiled. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url))

/**
 * `npm test [-- vitest's own filters and options]`: every test against a real Redis. Nothing is left at the end,
 * however it ends: vitest, in a process of its own, may be interrupted, crash or run out of memory, and so may this
 * process and npm.
 */
async function main(args: string[]): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  if (process.env['npm_lifecycle_event'] === 'test') whenNpmIsGone(() => stop.abort())
  const pace = process.env['TEST_PACE'] ?? (await measurePace()).toFixed(1)
  if (Number(pace) > 1)
    console.log(`Processes start ${pace} times slower than on an idle machine: so much longer are deadlines.`)
  const redis = await provideTestRedis(console.log)
  try {
    return stop.signal.aborted
      ? 1
      : await runVitest(args, { REDIS_URL: redis.url, TEST_PACE: pace, NODE_COMPILE_CACHE }, stop.signal)
  } finally {
    await redis.close()
  }
}

async function runVitest(args: string[], environment: NodeJS.ProcessEnv, stop: AbortSignal): Promise<number> {
  const script = fileURLToPath(new URL('run-vitest.ts', import.meta.url))
  const [sh, ...words] = lifeline('KILL')
  const vitest = spawn(sh, [...words, process.execPath, script, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  })
  vitest.stdin.on('error', () => undefined)
  stop.addEventListener('abort', () => vitest.kill('SIGINT'))
  const [exitCode] = (await once(vitest, 'exit')) as [number | null]
  return exitCode ?? 1
}

/** npm keeps no pipe to what it runs; but another process becomes the parent when it has ended. */
function whenNpmIsGone(act: () => void): void {
  const npm = process.ppid
  setInterval(() => process.ppid !== npm && act(), 1 * SECONDS).unref()
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof LaunchError)) throw error
  console.error(error.message)
  process.exit(1)
}
