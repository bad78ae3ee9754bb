import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '@encounter-gateway/shared/launch/free-port.ts'
import { demoKey } from '../fixtures/processes.ts'
import { openChaosProxy, type ChaosProxy } from './chaos-proxy.ts'
import { openGatewayProcess, type GatewayProcess } from './gateway-process.ts'
import type { History } from './history.ts'
import { readLogLine } from './log-lines.ts'
import { openShiftedClock, type ShiftedClock } from './shifted-clock.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'
import { startTortureRedis, type TortureRedis } from './torture-redis.ts'
import { unlessAborted } from './unless-aborted.ts'
import type { WebhookDesk } from './webhook-desk.ts'

const APIS = 2
const WORKERS = 3

/** The connection under torture: short waits, so that much happens in little time. */
export const connection = {
  emrSystem: 'Sandbox',
  emrInstance: 'default',
  connector: 'sandbox',
  timeoutMs: 2_000,
  settleMs: 4_000,
  backoffMs: 200,
  maxAttempts: 5,
  concurrency: 40,
  requestsPerSecond: 1_000,
  onUnknownOutcome: 'reconcile',
  breaker: { minimumCalls: 10, failurePercent: 50, openMs: 4_000 },
}

/** Everything that is tortured, as processes of their own, and the lines between them. */
export type Stage = AsyncDisposable & {
  apis: GatewayProcess[]
  apiUrls: string[]
  workers: GatewayProcess[]
  emr: GatewayProcess
  /** The Sandbox EMR itself, past the line. */
  emrUrl: string
  redis: TortureRedis
  lines: { emr: ChaosProxy; redisOfApis: ChaosProxy; redisOfWorkers: ChaosProxy }
  /** Or why there is none. */
  disk: SmallDisk | string
  /** Of the last worker; or why there is none. */
  clock: ShiftedClock | string
}

/**
 * Starts two apis, three workers, Redis and the Sandbox EMR; resolves when all are ready. Logs and data go to `folder`.
 * If the signal is aborted before that, everything is ended again and its reason thrown.
 */
export async function openStage(about: {
  folder: string
  desk: WebhookDesk
  secret: string
  history: History
  signal: AbortSignal
}): Promise<Stage> {
  const { folder, desk, secret, history, signal } = about
  await using started = new AsyncDisposableStack()
  const disk = await mountSmallDisk(folder)
  const dataFolder = typeof disk === 'string' ? join(folder, 'disk', 'redis') : disk.folder
  mkdirSync(dataFolder, { recursive: true })
  if (typeof disk !== 'string') started.defer(() => disk.remove())
  const redis = started.use(await startTortureRedis(dataFolder, join(folder, 'redis.log')))
  const clock = openShiftedClock(folder)
  const emrPort = await findFreePort()
  const lines = {
    emr: started.use(await openChaosProxy(emrPort)),
    redisOfApis: started.use(await openChaosProxy(redis.port)),
    redisOfWorkers: started.use(await openChaosProxy(redis.port)),
  }
  const environment = {
    ...process.env,
    GATEWAY_CONFIG: writeConfig(folder, lines.emr.port, desk, secret),
    SEALING_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'info',
  }
  const open = (name: string, script: string, readyText: string, own: Record<string, string>) => {
    const opened = openGatewayProcess({
      name,
      script,
      environment: { ...environment, ...own },
      readyText,
      logPath: join(folder, `${name}.log`),
      events: {
        line(line) {
          const happening = readLogLine(name, line)
          if (happening) history.note(happening)
        },
        started: (pid) => history.note({ what: 'process', name, state: 'started', expected: true, pid }),
        ended: (expected, note) => history.note({ what: 'process', name, state: 'ended', expected, note }),
      },
    })
    started.defer(() => opened.close())
    return opened
  }

  const emr = open('emr', 'worker/sandbox-emr/server.ts', 'sandbox-emr.listening', { SANDBOX_PORT: String(emrPort) })
  const apiPorts: number[] = []
  const apis: GatewayProcess[] = []
  const workers: GatewayProcess[] = []
  for (let n = 0; n < APIS; n++) {
    const PORT = await findFreePort()
    apiPorts.push(PORT)
    const REDIS_URL = `redis://127.0.0.1:${lines.redisOfApis.port}`
    apis.push(open(`api-${n}`, 'api/src/server.ts', 'Server listening', { PORT: String(PORT), REDIS_URL }))
  }
  for (let n = 0; n < WORKERS; n++) {
    const WORKER_PORT = String(await findFreePort())
    const REDIS_URL = `redis://127.0.0.1:${lines.redisOfWorkers.port}`
    const shifted = n === WORKERS - 1 && typeof clock !== 'string' ? clock.environment : {}
    workers.push(open(`worker-${n}`, 'worker/src/main.ts', 'worker.started', { WORKER_PORT, REDIS_URL, ...shifted }))
  }
  await unlessAborted(Promise.all([emr, ...apis, ...workers].map((each) => each.start())), signal)
  const ends = started.move()
  return {
    apis,
    apiUrls: apiPorts.map((port) => `http://127.0.0.1:${port}`),
    workers,
    emr,
    emrUrl: `http://127.0.0.1:${emrPort}`,
    redis,
    lines,
    disk,
    clock,
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}

function writeConfig(folder: string, emrPort: number, desk: WebhookDesk, secret: string): string {
  const path = join(folder, 'config.json')
  const keyHash = `sha256:${createHash('sha256').update(demoKey).digest('hex')}`
  const webhook = { url: desk.url, secret }
  const content = {
    applications: [{ name: 'demo', keyHash, emrSystems: ['Sandbox'], webhook }],
    connections: [{ ...connection, baseUrl: `http://127.0.0.1:${emrPort}` }],
    sealingKeys: [{ id: 'k1', key: 'env:SEALING_KEY' }],
    webhooks: { allowHttp: true, allowHosts: [desk.host] },
  }
  writeFileSync(path, JSON.stringify(content))
  return path
}
