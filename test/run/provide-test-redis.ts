import { spawn } from 'node:child_process'
import { dockerAnswers, REDIS_IMAGE } from '@encounter-gateway/launch/find-redis.ts'
import { startRedis } from '@encounter-gateway/launch/redis-server.ts'

const PORT = 6379
const SETTINGS = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction', '--save', '']

/** A Redis for the tests alone. */
export type TestRedis = { url: string; close(): Promise<void> }

/**
 * A container by testcontainers if a Docker engine answers, else a private `redis-server`; both as durable as in
 * production. Reports to `log` in one line which. Throws `LaunchError` if neither is available.
 */
export async function provideTestRedis(log: (line: string) => void): Promise<TestRedis> {
  if (await dockerAnswers()) {
    const redis = await startContainer().catch((error: unknown) => {
      log(
        `Docker answers, but ${REDIS_IMAGE} does not start: ${error instanceof Error ? error.message : String(error)}`,
      )
    })
    if (redis) {
      log(`Redis for the tests: ${REDIS_IMAGE} by testcontainers`)
      return redis
    }
  }
  const redis = await startRedis({ persistent: true, log })
  log(`Redis for the tests: ${redis.how}`)
  return redis
}

async function startContainer(): Promise<TestRedis> {
  // The reaper would be a second image to pull.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  // its 0.7 s of CPU only where there is a Docker engine
  const { GenericContainer } = await import('testcontainers')
  const container = await new GenericContainer(REDIS_IMAGE)
    .withCommand(['redis-server', '--protected-mode', 'no', ...SETTINGS])
    .withExposedPorts(PORT)
    .withStartupTimeout(60_000)
    .start()
  const url = `redis://${container.getHost()}:${container.getMappedPort(PORT)}`
  const lifeline = removeWithThisProcess(container.getId())
  return { url, close: async () => void (await container.stop().finally(() => lifeline.kill('SIGKILL'))) }
}

/** Ryuk's work, without an image of its own to pull: the container ends when this process has ended, for any reason. */
function removeWithThisProcess(container: string) {
  const watcher = spawn('sh', ['-c', 'cat; exec docker rm --force "$0"', container], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.stdin.on('error', () => undefined)
  return watcher
}
