import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { demoKey } from '../fixtures/processes.ts'
import { openFhirServer, type SimulatedFhir } from '../emr/fhir.ts'
import { openGatedEmr, type GatedEmr } from '../failures/gated-emr.ts'
import { openChaosProxy, type ChaosProxy } from './chaos-proxy.ts'
import { connection, keyConnection, keyRetention, outageConnection } from './connections.ts'
import { openGatewayProcess, type GatewayProcess } from './gateway-process.ts'
import type { History } from './history.ts'
import { readLogLine } from './log-lines.ts'
import { openShiftedClock, type ShiftedClock } from './shifted-clock.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'
import { openRedisSetUp, type RedisSetUp, type SetUpKind } from './redis/set-up.ts'
import { unlessAborted } from './unless-aborted.ts'
import type { WebhookDesk } from './webhook-desk.ts'

const APIS = 2
const WORKERS = 3
/** After SIGTERM, for what is in flight: as long as a call may take, and shorter than a long sweep. */
const DRAIN_SECONDS = String(connection.timeoutMs / 1_000)
/** Of the gateway whose keys run out: beside the records of the other, and its webhooks. */
const KEYS_DATABASE = 1
/** How long the EMR with the long outages takes for an encounter, so that some are under way when it goes. */
const OUTAGE_LATENCY_MS = 100

/** Everything that is tortured, as processes of their own, and the lines between them. */
export type Stage = AsyncDisposable & {
  apis: GatewayProcess[]
  apiUrls: string[]
  workers: GatewayProcess[]
  /** A gateway whose results are kept for so short a time that Idempotency-Keys run out, and its EMR; only beside a single Redis. */
  ofKeys?: { api: GatewayProcess; apiUrl: string; worker: GatewayProcess; emr: SimulatedFhir }
  emr: GatewayProcess
  /** The EMR with the long outages, all jobs that were accepted for it, and how many come while it is away. */
  outage: { emr: GatedEmr; accepted: Set<string>; items: number }
  /** The Sandbox EMR itself, past the line. */
  emrUrl: string
  redisKind: SetUpKind
  redis: RedisSetUp
  lineToEmr: ChaosProxy
  /** Or why there is none. */
  disk: SmallDisk | string
  /** Of the last worker; or why there is none. */
  clock: ShiftedClock | string
}

/**
 * Starts two apis, three workers, Redis and the Sandbox EMR, and beside them, with a single Redis, the gateway whose keys run out; resolves when all are ready. Logs and data go to `folder`. If the
 * signal is aborted before that, all is ended again and its reason thrown.
 */
export async function openStage(about: {
  folder: string
  desk: WebhookDesk
  secret: string
  history: History
  overdue: number
  redisKind: SetUpKind
  /** Lines of redis.conf. */
  redisSettings: readonly string[]
  /** That confirm what the gateway accepts and begins. */
  replicas: number
  signal: AbortSignal
}): Promise<Stage> {
  const { folder, desk, secret, history, redisKind, redisSettings, replicas, signal } = about
  await using started = new AsyncDisposableStack()
  const disk = await mountSmallDisk(folder)
  const dataFolder = typeof disk === 'string' ? join(folder, 'disk', 'redis') : disk.folder
  mkdirSync(dataFolder, { recursive: true })
  if (typeof disk !== 'string') started.defer(() => disk.remove())
  const redis = started.use(await openRedisSetUp(redisKind, { dataFolder, folder, settings: redisSettings }))
  const clock = openShiftedClock(folder)
  const emrPort = await findFreePort()
  const lineToEmr = started.use(await openChaosProxy(emrPort))
  const outageEmr = started.use(await openGatedEmr({ latencyMs: OUTAGE_LATENCY_MS }))
  const environment = {
    ...process.env,
    DRAIN_SECONDS,
    GATEWAY_CONFIG: writeConfig(join(folder, 'config.json'), {
      applications: [{ ...demo, webhook: { url: desk.url, secret } }],
      connections: [
        { ...connection, baseUrl: `http://127.0.0.1:${lineToEmr.port}` },
        { ...outageConnection, baseUrl: outageEmr.baseUrl },
      ],
      webhooks: { allowHttp: true, allowHosts: [desk.host] },
      redis: { replicas },
    }),
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
  const apiUrls: string[] = []
  const apis: GatewayProcess[] = []
  const workers: GatewayProcess[] = []
  const openApi = async (name: string, own: Record<string, string>) => {
    const port = await findFreePort()
    const url = `http://127.0.0.1:${port}`
    return { url, api: open(name, 'api/src/server.ts', 'Server listening', { ...own, PORT: String(port) }) }
  }
  const openWorker = async (name: string, own: Record<string, string>) => {
    const WORKER_PORT = String(await findFreePort())
    return open(name, 'worker/src/main.ts', 'worker.started', { ...own, WORKER_PORT })
  }
  for (let n = 0; n < APIS; n++) {
    const { api, url } = await openApi(`api-${n}`, { REDIS_URL: redis.urls.apis })
    apiUrls.push(url)
    apis.push(api)
  }
  for (let n = 0; n < WORKERS; n++) {
    const shifted = n === WORKERS - 1 && typeof clock !== 'string' ? clock.environment : {}
    workers.push(await openWorker(`worker-${n}`, { REDIS_URL: redis.urls.workers, ...shifted }))
  }
  const openOfKeys = async () => {
    const keyEmr = started.use(await openFhirServer())
    const GATEWAY_CONFIG = writeConfig(join(folder, 'config-of-keys.json'), {
      applications: [demo],
      connections: [{ ...keyConnection, ...keyEmr.options }],
      retention: keyRetention,
    })
    const redisOf = (url: string) => ({ GATEWAY_CONFIG, REDIS_URL: `${url}/${KEYS_DATABASE}` })
    const { api, url } = await openApi('api-keys', redisOf(redis.urls.apis))
    return { api, apiUrl: url, worker: await openWorker('worker-keys', redisOf(redis.urls.workers)), emr: keyEmr }
  }
  const ofKeys = redisKind === 'single' ? await openOfKeys() : undefined
  const all = [emr, ...apis, ...workers, ...(ofKeys ? [ofKeys.api, ofKeys.worker] : [])]
  await unlessAborted(Promise.all(all.map((each) => each.start())), signal)
  const ends = started.move()
  return {
    apis,
    apiUrls,
    workers,
    ...(ofKeys && { ofKeys }),
    outage: { emr: outageEmr, accepted: new Set(), items: about.overdue },
    emr,
    emrUrl: `http://127.0.0.1:${emrPort}`,
    redisKind,
    redis,
    lineToEmr,
    disk,
    clock,
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}

const demo = {
  name: 'demo',
  keyHash: `sha256:${createHash('sha256').update(demoKey).digest('hex')}`,
  emrSystems: ['Sandbox'],
}

function writeConfig(path: string, content: object): string {
  writeFileSync(path, JSON.stringify({ sealingKeys: [{ id: 'k1', key: 'env:SEALING_KEY' }], ...content }))
  return path
}
