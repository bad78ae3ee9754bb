import { loadConfig } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { Batch } from '@encounter-gateway/shared/contract/batch.ts'
import { keyBaseOf, recordKeys } from '@encounter-gateway/shared/records/keys.ts'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { packPayload } from '@encounter-gateway/shared/sealing/payload.ts'
import { openConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import { openContext } from '@encounter-gateway/shared/records/context.ts'
import { reopen } from '@encounter-gateway/shared/records/retry.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { connectorOptions } from '@encounter-gateway/worker/emr/registry.ts'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { asDemo, demoKey, spawnNode, type RunningProcess } from '../fixtures/processes.ts'
import { paced } from '../fixtures/pace.ts'
import { sharedRedisUrl } from '../fixtures/redis-server.ts'
import type { GatedEmr } from './gated-emr.ts'

const START_MS = paced(60_000)

/**
 * The database shared by fleets without webhooks; one with webhooks needs its own, since their queue has the same name
 * everywhere.
 */
export const SHARED_DATABASE = 10

/** An api or a worker that runs as in production. */
export type FleetProcess = RunningProcess & { url: string }

/** As many worker and api processes as a test starts, over one Redis, with their EMRs in the test. */
export type Fleet = Awaited<ReturnType<typeof openFleet>>

/** One connection as the test sees it: what the ingress would queue, and the records. */
export type FleetConnection = ReturnType<Fleet['connection']>

/**
 * Nothing runs yet; a `database` of its own is emptied first. `emrs` gives each connection its EMR and its settings, in
 * addition to the usual short waits.
 */
export async function openFleet(about: {
  emrs: { emr: Pick<GatedEmr, 'baseUrl'>; settings?: object }[]
  database?: number
  redisUrl?: string
  sealingKey?: string
  /** Of connection number 0; the others count on from it. */
  emrInstance?: string
  application?: object
  config?: object
}) {
  const { database = SHARED_DATABASE, emrInstance = `f${randomBytes(8).toString('hex')}` } = about
  const redisUrl = about.redisUrl ?? `${sharedRedisUrl()}/${database}`
  const quick = { connector: 'sandbox', timeoutMs: 2_000, settleMs: 300, backoffMs: 50, maxAttempts: 3 }
  const folder = mkdtempSync(join(tmpdir(), 'gateway-fleet-'))
  const configPath = join(folder, 'config.json')
  const keyHash = `sha256:${createHash('sha256').update(demoKey).digest('hex')}`
  const content = {
    applications: [{ name: 'demo', keyHash, emrSystems: ['Sandbox'], ...about.application }],
    connections: about.emrs.map(({ emr, settings }, n) => ({
      emrSystem: 'Sandbox',
      emrInstance: n === 0 ? emrInstance : `${emrInstance}-${n}`,
      baseUrl: emr.baseUrl,
      ...quick,
      ...settings,
    })),
    sealingKeys: [{ id: 'k1', key: about.sealingKey ?? randomBytes(32).toString('base64') }],
    ...about.config,
  }
  const configure = (changed: object) => writeFileSync(configPath, JSON.stringify({ ...content, ...changed }))
  configure({})
  const config = loadConfig(configPath, process.env, connectorOptions)
  const redis = connectRedis(redisUrl, 'producer')
  // handled here, or ioredis prints errors that a test causes on purpose
  redis.on('error', () => undefined)
  await untilReady(redis)
  if (!about.redisUrl && database !== SHARED_DATABASE) await redis.flushdb()
  const running: FleetProcess[] = []

  async function run(script: string, port: 'PORT' | 'WORKER_PORT', environment: object, ready: boolean) {
    const number = await findFreePort()
    const url = `http://127.0.0.1:${number}`
    const all = { ...process.env, GATEWAY_CONFIG: configPath, REDIS_URL: redisUrl, LOG_LEVEL: 'info', ...environment }
    const started = { ...spawnNode(script, { ...all, [port]: String(number) }), url }
    running.push(started)
    if (ready) await untilAnswering(script, started)
    return started
  }

  function openConnection(connection: Connection) {
    const stored = { ...config, connection }
    const records = openConnectionRecords(redis, stored)
    const { jobs, queue } = records
    const keys = recordKeys(connection)
    return {
      connection,
      records,
      keys,
      queue,
      /** Accepts a request as the ingress would; returns its JobId. */
      submit: async (patientId = 'p'): Promise<string> => {
        const request = { UserId: 'u', PatientId: patientId, Encounter: {} }
        const head = { credentials: { loginId: 'user', password: 'secret' }, verbose: false }
        const plain = packPayload(head, Buffer.from(JSON.stringify(request)))
        return (await jobs.accept({ application: 'demo', plain })).jobId
      },
      /** The job as its application would see it. */
      view: async (jobId: string) => (await jobs.view(jobId))?.job,
      /** The number of accepted jobs without an outcome. */
      pending: () => redis.zcard(keys.pending),
      /** Opens a new round of attempts as an api does that dies before it has queued the job. */
      reopen: (jobId: string, routing: Routing = { application: 'demo' }) =>
        reopen(openContext(redis, stored), { jobId, routing, createdAt: Date.now() }),
    }
  }

  const connections = config.connections.map(openConnection)
  return {
    redis,
    /** Changes parts of the configuration for processes that start from now on. */
    configure,
    /** The connection to the n-th EMR. */
    connection(n = 0) {
      const connection = connections[n]
      if (!connection) throw new RangeError(`this fleet has no connection number ${n}`)
      return connection
    },
    /** A worker of all connections, ready; `ready: false` for one that will not live that long. */
    startWorker: (environment: object = {}, ready = true) =>
      run('worker/src/main.ts', 'WORKER_PORT', environment, ready),
    /** Runs `npm run restored` to its end. */
    restored: async () => {
      const environment = { ...process.env, GATEWAY_CONFIG: configPath, REDIS_URL: redisUrl }
      const run = spawnNode('worker/src/restored.ts', environment)
      await once(run.child, 'exit')
      return { exitCode: run.child.exitCode, output: run.output() }
    },
    startApi: (environment: object = {}) => run('api/src/server.ts', 'PORT', environment, true),
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((process) => process.kill('SIGKILL')))
      if (redis.status === 'ready' && !about.redisUrl) {
        const keys = await Promise.all(config.connections.map((each) => redis.keys(`${keyBaseOf(each)}:*`)))
        if (keys.flat().length > 0) await redis.unlink(...keys.flat())
      }
      redis.disconnect()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Sends a request to an api as `demo`; `undefined` if there was no answer. */
export async function postTo(api: FleetProcess, emrInstance: string, headers: Record<string, string> = {}) {
  return fetch(`${api.url}/api/v1/Sandbox/PatientEncounters`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...asDemo,
      loginid: 'user',
      password: 'secret',
      emrinstance: emrInstance,
      ...headers,
    },
    body: JSON.stringify({ UserId: 'u', PatientId: 'p', Encounter: {} }),
  }).catch(() => undefined)
}

/** Uploads this many items as one batch, as `demo`; throws if it is not accepted. `batch` reads its state. */
export async function uploadTo(api: FleetProcess, emrInstance: string, items: number) {
  const lines = Array.from({ length: items }, (_, n) => uploadLine(n))
  const answer = await fetch(`${api.url}/api/v1/Sandbox/PatientEncounters/Batch`, {
    method: 'POST',
    headers: uploadHeaders(emrInstance),
    body: lines.join(''),
  })
  const said = (await answer.json()) as Batch
  if (answer.status !== 202) throw new Error(`the batch was not accepted: ${JSON.stringify(said)}`)
  return { batch: () => readBatch(api, said.BatchId) }
}

/** One line of a batch. */
export function uploadLine(n: number): string {
  return `${JSON.stringify({ UserId: 'u', PatientId: `p${n}`, Encounter: {} })}\n`
}

export function uploadHeaders(emrInstance: string): Record<string, string> {
  return {
    'content-type': 'application/x-ndjson',
    ...asDemo,
    loginid: 'user',
    password: 'secret',
    emrinstance: emrInstance,
  }
}

export async function readBatch(api: FleetProcess, batchId: string): Promise<Batch> {
  return (await (await fetch(`${api.url}/api/v1/Batches/${batchId}`, { headers: asDemo })).json()) as Batch
}

async function untilAnswering(script: string, started: FleetProcess): Promise<void> {
  const giveUpAt = Date.now() + START_MS
  while (Date.now() < giveUpAt && started.child.exitCode === null && started.child.signalCode === null) {
    const answer = await fetch(`${started.url}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await delay(100)
  }
  throw new Error(`${script} did not become ready (${started.child.signalCode}):\n${started.output()}`)
}
