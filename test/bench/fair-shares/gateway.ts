import { createClient, type Client } from '@encounter-gateway/client/index.ts'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startProcess } from '../bench-process.ts'
import { startBenchRedis } from '../bench-redis.ts'

/** The applications, by name, with their shares. */
export const shares = { A: 1, B: 1, C: 2 } as const
export type ApplicationName = keyof typeof shares

/** Api, worker, Sandbox EMR and Redis as processes of their own; all that was started ends with it. */
export type FairGateway = AsyncDisposable & { clientOf(application: ApplicationName): Client }

const keyOf = (application: ApplicationName) => `the-key-of-${application}`

/**
 * One connection that creates `concurrency` encounters at a time, each of which takes the EMR `latencyMs`: so few per
 * second that the speed of the machine does not matter.
 */
export async function startFairGateway(
  folder: string,
  { concurrency, latencyMs }: { concurrency: number; latencyMs: number },
): Promise<FairGateway> {
  await using started = new AsyncDisposableStack()
  const logs = join(folder, 'logs')
  mkdirSync(logs, { recursive: true })
  const redis = started.use(await startBenchRedis())
  const [apiPort, workerPort, emrPort] = [await findFreePort(), await findFreePort(), await findFreePort()]
  const emrUrl = `http://127.0.0.1:${emrPort}`
  const GATEWAY_CONFIG = join(folder, 'config.json')
  writeFileSync(GATEWAY_CONFIG, JSON.stringify(configuration(emrUrl, concurrency)))
  const environment = {
    ...process.env,
    NODE_ENV: 'production',
    LOG_LEVEL: 'info',
    GATEWAY_CONFIG,
    REDIS_URL: redis.url,
    PORT: String(apiPort),
    WORKER_PORT: String(workerPort),
    SANDBOX_PORT: String(emrPort),
  }
  const start = async (name: string, script: string, readyText: string) =>
    started.use(await startProcess({ name, script, readyText, environment }, logs))
  await start('emr', 'worker/sandbox-emr/server.ts', 'sandbox-emr.listening')
  const slow = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ latencyMs }) }
  const { ok, status } = await fetch(`${emrUrl}/control`, slow)
  if (!ok) throw new Error(`the Sandbox EMR does not take a latency of ${latencyMs} ms: ${status}`)
  await start('api', 'api/src/server.ts', 'Server listening')
  await start('worker', 'worker/src/main.ts', 'worker.started')
  const ends = started.move()
  return {
    clientOf: (application) =>
      createClient({
        baseUrl: `http://127.0.0.1:${apiPort}`,
        applicationName: application,
        applicationKey: keyOf(application),
        loginId: 'bench',
        password: 'bench',
      }),
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}

function configuration(baseUrl: string, concurrency: number) {
  const hash = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`
  return {
    applications: Object.entries(shares).map(([name, share]) => ({
      name,
      share,
      keyHash: hash(keyOf(name as ApplicationName)),
      emrSystems: ['Sandbox'],
      requestsPerMinute: 1_000_000,
    })),
    connections: [
      {
        emrSystem: 'Sandbox',
        emrInstance: 'default',
        connector: 'sandbox',
        baseUrl,
        concurrency,
        requestsPerSecond: 100_000,
      },
    ],
    sealingKeys: [{ id: 'k1', key: Buffer.alloc(32, 'bench').toString('base64') }],
  }
}
