import { Job as QueuedJob, Queue, RedisQueueBackend } from 'bullmq'
import { KEY_PREFIX, queueNameOf } from './keys.ts'
import type { ConnectionName } from '../contract/connection-name.ts'
import type { Retention } from '../config/schema.ts'
import type { Routing } from './routing.ts'
import type { RedisClient } from '../redis/connect.ts'

const HOUR_S = 3_600

/** The one kind of job in a connection's queue, and its name on the board. */
export const CREATE_ENCOUNTER = 'create-encounter'

/** The priority of batch items: BullMQ takes what has none first, so single requests go before them. */
export const BEHIND_SINGLE_REQUESTS = 1

/** The webhook deliveries' queue. */
export const WEBHOOK_QUEUE = '{webhooks}'

export type EncounterQueue = Queue<Routing, void, typeof CREATE_ENCOUNTER>

/**
 * A connection's queue. BullMQ carries routing only: its return values, failure reasons and events hold nothing of a patient.
 * `attempts` is out of reach on purpose: our own dispatch mark counts the calls to the EMR and ends the job.
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
 * What each job carries of its own. No more than 64 bytes as JSON, or Redis gives up the compact form of the job's hash
 * (`hash-max-listpack-value`) and a waiting job takes 500 bytes more. The name of the backoff only has to be none of BullMQ's.
 */
export const JOB_OPTIONS = { attempts: 999_999, backoff: { type: 'x' }, stackTraceLimit: 0 }

/** How long BullMQ keeps what has ended, a failed job as long as its payload, so that it can be retried; told to the worker, so that it need not stand in each job. */
export function keptByBullMq(retention: Retention) {
  return {
    removeOnComplete: { count: 1_000 },
    removeOnFail: { age: Math.ceil(retention.failedPayloadHours * HOUR_S) + HOUR_S },
  }
}

/** A job as BullMQ gets it: `at` is its CreatedAt, ms since the epoch. */
export type RoutedJob = { jobId: string; routing: Routing; at: number }

/** Our scripts, as commands of a transaction. */
type ScriptedTransaction = {
  egTurnsTaken(...args: unknown[]): unknown
  egTurnsGiven(...args: unknown[]): unknown
}

/**
 * Runs scripts of ours and adds jobs to BullMQ's queue in one transaction and one round trip: all of it or nothing. A job that
 * BullMQ has already stays as it is. `options` go with each job. Gives the replies in their order; throws the first error there is.
 */
export async function inOneTransaction(
  queue: EncounterQueue,
  runScripts: (transaction: ScriptedTransaction) => void,
  jobs: readonly RoutedJob[],
  options: { priority?: number } = {},
): Promise<unknown[]> {
  const backend = queue.getBackend()
  if (!(backend instanceof RedisQueueBackend)) throw new TypeError('the gateway keeps its queues in Redis')
  const client = await backend.client
  const transaction = client.multi()
  runScripts(transaction as unknown as ScriptedTransaction)
  for (const { jobId, routing, at } of jobs) {
    const opts = { ...JOB_OPTIONS, ...options }
    const queued = new QueuedJob(queue, CREATE_ENCOUNTER, routing, { ...opts, timestamp: at }, jobId)
    await backend.addJobToTransaction(transaction, { ...queued.asJSON(), opts }, jobId)
  }
  const replies = (await transaction.exec()) ?? []
  return replies.map(([error, reply]) => {
    if (error) throw error
    return reply
  })
}
