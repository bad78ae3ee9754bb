import { Worker } from 'bullmq'
import { pino } from 'pino'
import { openEmrClient } from './emr-client.ts'
import { connectBare, queueName, type BareJob } from './queue.ts'

/** The bare worker, as a process: takes a job, posts it, returns the id. One log line per attempt, as the gateway's. */
const log = pino({ name: 'bare-worker', level: process.env['LOG_LEVEL'] ?? 'info' })
const concurrency = Number(process.env['BENCH_CONCURRENCY'])
const createEncounter = openEmrClient(process.env['SANDBOX_URL'] ?? '', concurrency)

const worker = new Worker<BareJob, string, 'create-encounter'>(
  queueName,
  async (job) => {
    const startedAt = performance.now()
    const encounterId = await createEncounter(job.id ?? '', job.data.body)
    const ms = Math.round(performance.now() - startedAt)
    log.info({ job: job.id, attempt: job.attemptsMade + 1, ms, outcome: 'created' }, 'encounter.attempted')
    return encounterId
  },
  { connection: connectBare(), concurrency },
)
worker.on('failed', (job, err) => log.warn({ job: job?.id, err }, 'encounter.failed'))
worker.on('error', (err) => log.warn({ err }, 'worker.error'))
await worker.waitUntilReady()
log.info('worker.started')
