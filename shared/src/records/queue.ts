import { Job as QueuedJob, Queue, RedisQueueBackend, Worker, type Job, type WorkerOptions } from 'bullmq'
import { KEY_PREFIX } from '../redis/key-prefix.ts'
import { queueNameOf } from './keys.ts'
import type { ConnectionName } from '../contract/connection-name.ts'
import type { Retention } from '../config/schema.ts'
import type { RoutedJob, Routing } from './routing.ts'
import type { RedisClient } from '../redis/connect.ts'

const HOUR_S = 3_600

/** The one kind of job in a connection's queue, and its name on the board. */
export const CREATE_ENCOUNTER = 'create-encounter'

/** The priority of batch items: BullMQ takes jobs without a priority first, so single requests precede them. */
export const BEHIND_SINGLE_REQUESTS = 1

export type EncounterQueue = Queue<Routing, void, typeof CREATE_ENCOUNTER>
export type EncounterWorker = Worker<Routing, void, typeof CREATE_ENCOUNTER>
export type EncounterJob = Job<Routing, void, typeof CREATE_ENCOUNTER>
/** Works on one job; `token` proves that this process holds its lock. */
export type EncounterProcessor = (job: EncounterJob, token: string) => Promise<void>

/**
 * The queue of a connection. BullMQ carries only routing: its return values, failure reasons and events contain no
 * patient data. `attempts` is deliberately too high to be reached: the dispatch mark counts the calls to the EMR and
 * ends the job.
 */
export function openEncounterQueue(redis: RedisClient, connection: ConnectionName): EncounterQueue {
  return new Queue(queueNameOf(connection), {
    connection: redis,
    prefix: KEY_PREFIX,
    skipVersionCheck: true,
    streams: { events: { maxLen: 100 } },
    defaultJobOptions: JOB_OPTIONS,
  })
}

/**
 * The options of each job. They must not exceed 64 bytes as JSON, or Redis abandons the compact encoding of the job's
 * hash (`hash-max-listpack-value`) and a waiting job takes 500 bytes more. The name of the backoff must only differ
 * from BullMQ's.
 */
export const JOB_OPTIONS = { attempts: 999_999, backoff: { type: 'x' }, stackTraceLimit: 0 }

/** A worker of a connection's queue. BullMQ keeps a failed job as long as its payload, for a retry. */
export function openEncounterWorker(
  redis: RedisClient,
  connection: ConnectionName,
  retention: Retention,
  processor: EncounterProcessor,
  options: Omit<WorkerOptions, 'connection' | 'prefix'>,
): EncounterWorker {
  return new Worker(queueNameOf(connection), (job: EncounterJob, token = '') => processor(job, token), {
    connection: redis,
    prefix: KEY_PREFIX,
    // it asks INFO, which a Redis user may be denied; BullMQ would ask again without a pause
    skipVersionCheck: true,
    removeOnComplete: { count: 1_000 },
    removeOnFail: { age: Math.ceil(retention.failedPayloadHours * HOUR_S) + HOUR_S },
    ...options,
  })
}

/**
 * Runs scripts and adds jobs to BullMQ's queue in one transaction and one round trip, all or nothing. A job that
 * already exists in BullMQ stays unchanged. `options` apply to each job. Returns the replies in order; throws the first
 * error.
 */
export async function inOneTransaction(
  queue: EncounterQueue,
  runScripts: (transaction: object) => void,
  jobs: readonly RoutedJob[],
  options: { priority?: number } = {},
): Promise<unknown[]> {
  const backend = queue.getBackend()
  if (!(backend instanceof RedisQueueBackend)) throw new TypeError('the gateway keeps its queues in Redis')
  const client = await backend.client
  const transaction = client.multi()
  runScripts(transaction)
  for (const { jobId, routing, createdAt } of jobs) {
    const opts = { ...JOB_OPTIONS, ...options }
    const queued = new QueuedJob(queue, CREATE_ENCOUNTER, routing, { ...opts, timestamp: createdAt }, jobId)
    await backend.addJobToTransaction(transaction, { ...queued.asJSON(), opts }, jobId)
  }
  const replies = (await transaction.exec()) ?? []
  return replies.map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}
