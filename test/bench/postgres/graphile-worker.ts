import type { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Logger, run } from 'graphile-worker'
import { Pool } from 'pg'
import { pino } from 'pino'
import { openEmrClient } from '../bare/emr-client.ts'

/** The bare worker on graphile-worker, as a process, with the batching that its manual advises for many jobs. */
const log = pino({ name: 'graphile-worker', level: process.env['LOG_LEVEL'] ?? 'info' })
const concurrency = Number(process.env['BENCH_CONCURRENCY'])
const createEncounter = openEmrClient(process.env['SANDBOX_URL'] ?? '', concurrency)
const pgPool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 20 })
pgPool.on('error', (error) => log.warn({ err: error }, 'postgres.error'))

await run({
  pgPool,
  preset: {
    worker: {
      concurrentJobs: concurrency,
      localQueue: { size: concurrency * 5 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
  // its own lines for every job would be added to ours
  logger: new Logger(() => () => undefined),
  noHandleSignals: true,
  taskList: {
    'create-encounter': async (payload, { job }) => {
      const startedAt = performance.now()
      await createEncounter(job.id, (payload as { body: PatientEncounterRequest }).body)
      const ms = Math.round(performance.now() - startedAt)
      log.info({ job: job.id, attempt: job.attempts, ms, outcome: 'created' }, 'encounter.attempted')
    },
  },
})
log.info('worker.started')
