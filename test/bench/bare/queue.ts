import type { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'

/** What a bare job holds: the request as received. */
export type BareJob = { body: PatientEncounterRequest }

const QUEUE = 'encounters'

/**
 * A connection as BullMQ needs it. Tried: `enableAutoPipelining` removes a third of Redis' work and brings no more
 * accepts, and fewer of the seed's sample.
 */
export function connectBare(): Redis {
  return new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null })
}

export const queueName = QUEUE

/** The number of tries and the clean-up that BullMQ's manual advises. */
export const jobOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 500 },
  removeOnComplete: true,
  removeOnFail: 1_000,
} as const

export function openBareQueue(connection: Redis): Queue<BareJob, string, 'create-encounter'> {
  return new Queue(QUEUE, { connection, defaultJobOptions: jobOptions })
}
