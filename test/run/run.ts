import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { LaunchError } from '../../shared/launch/launch-error.ts'
import { provideTestRedis } from './provide-test-redis.ts'

/**
 * `npm test [-- vitest's own filters and options]`: every test against a real Redis, which is gone again at the end
 * however that comes: vitest, in a process of its own, may be interrupted, crash or run out of memory.
 */
async function main(args: string[]): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  const redis = await provideTestRedis(console.log)
  try {
    return stop.signal.aborted ? 1 : await runVitest(args, redis.url, stop.signal)
  } finally {
    await redis.close()
  }
}

async function runVitest(args: string[], redisUrl: string, stop: AbortSignal): Promise<number> {
  const script = fileURLToPath(new URL('run-vitest.ts', import.meta.url))
  const env = { ...process.env, REDIS_URL: redisUrl }
  const vitest = spawn(process.execPath, [script, ...args], { env, stdio: 'inherit' })
  stop.addEventListener('abort', () => vitest.kill('SIGINT'))
  const [exitCode] = (await once(vitest, 'exit')) as [number | null]
  return exitCode ?? 1
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof LaunchError)) throw error
  console.error(error.message)
  process.exit(1)
}
