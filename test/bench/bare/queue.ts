import type { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'

/** What a bare job holds: the request as it came. */
export type BareJob = { body: PatientEncounterRequest }

const QUEUE = 'encounters'

/**
 * A connection as BullMQ wants it. Tried: `enableAutoPipelining` takes a third off Redis' work and brings no more accepts, and
 * fewer of the seed's sample.
 */
export function connectBare(): Redis {
  return new Redis(process.env['REDIS_URL'] ?? '', { maxRetriesPerRequest: null })
}

export const queueName = QUEUE

/** How often it is tried, and how it is cleared away: what the manual of BullMQ advises. */
export const jobOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 500 },
  removeOnComplete: true,
  removeOnFail: 1_000,
} as const

export function openBareQueue(connection: Redis): Queue<BareJob, string, 'create-encounter'> {
  return new Queue(QUEUE, { connection, defaultJobOptions: jobOptions })
}
