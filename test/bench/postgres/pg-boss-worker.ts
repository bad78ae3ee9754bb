import type { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import type { Job, JobResult } from 'pg-boss'
import { pino } from 'pino'
import { openEmrClient } from '../bare/emr-client.ts'
import { openPgBoss, QUEUE } from './pg-boss-queue.ts'

type Encounter = { body: PatientEncounterRequest }

/** Fetches and completions are one statement for this many jobs. */
const BATCH = 10

/** The bare worker on pg-boss, as a process: as many jobs in progress, taken and completed in batches. */
const log = pino({ name: 'pg-boss-worker', level: process.env['LOG_LEVEL'] ?? 'info' })
const concurrency = Number(process.env['BENCH_CONCURRENCY'])
const createEncounter = openEmrClient(process.env['SANDBOX_URL'] ?? '', concurrency)
const boss = await openPgBoss(20)

async function attempt({ id, data }: Job<Encounter>): Promise<JobResult> {
  const startedAt = performance.now()
  try {
    const output = { encounterId: await createEncounter(id, data.body) }
    const ms = Math.round(performance.now() - startedAt)
    log.info({ job: id, ms, outcome: 'created' }, 'encounter.attempted')
    return { id, status: 'completed', output }
  } catch (err) {
    log.warn({ job: id, err }, 'encounter.failed')
    return { id, status: 'failed' }
  }
}

await boss.work(
  QUEUE,
  {
    batchSize: BATCH,
    localConcurrency: concurrency / BATCH,
    perJobResults: true,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
  },
  async (jobs: Job<Encounter>[]) => Promise.all(jobs.map(attempt)),
)
log.info('worker.started')
