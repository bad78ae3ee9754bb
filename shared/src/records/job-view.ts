import type { Job, JobStatus } from '../contract/job.ts'
import type { RecordsContext } from './context.ts'
import { itemRoutingOf } from './item-payload.ts'
import type { Outcome } from './outcome.ts'
import { breakerReasons, type BreakerCause } from './breaker.ts'
import type { WaitsFor } from './dispatch.ts'
import type { EncounterQueue } from './queue.ts'

/** A job with its application. `outcome` is present once the job has ended. */
export type JobView = { application: string; round: number; job: Job; outcome?: Outcome }

/**
 * Reads a job: its outcome if it has one, otherwise its state from the dispatch mark and the breaker. `undefined` if it
 * does not exist (any more). One round trip.
 */
export async function viewJob(
  context: RecordsContext,
  queue: EncounterQueue,
  jobId: string,
  readOutcome: (jobId: string) => Promise<Outcome | undefined>,
): Promise<JobView | undefined> {
  const { redis, keys, connection } = context
  // in this order: a job that leaves the pending set in between has its outcome
  const [pending, outcome, queued, mark, breaker, hold] = await Promise.all([
    redis.zscore(keys.pending, jobId),
    readOutcome(jobId),
    queue.getJob(jobId),
    redis.hgetall(keys.dispatch(jobId)),
    redis.hmget(keys.breaker, 'openUntil', 'cause'),
    redis.get(keys.hold),
  ])
  const about = { JobId: jobId, EMRSystem: connection.emrSystem, EmrInstance: connection.emrInstance }
  if (outcome)
    return { application: outcome.application, round: outcome.round, job: { ...about, ...finished(outcome) }, outcome }
  // BullMQ's record of a job that is neither pending nor ended is a leftover
  if (pending === null) return undefined
  const known = queued ? { ...queued.data, createdAt: queued.timestamp } : await waitingItem(context, jobId)
  if (!known) return undefined
  const { BatchId, ItemIndex, application, createdAt } = known
  const [openUntil, cause] = breaker
  const heldUntil = Math.max(Number(openUntil ?? 0), Number(hold ?? 0))
  const held = heldUntil > Date.now()
  // a half-open breaker lets one job at a time through: the others stay parked
  const isOpen = openUntil !== null
  const waitsFor = mark['waitsFor'] as WaitsFor | undefined
  // not taken: parked until the next call
  const parked = (held || isOpen || waitsFor !== undefined) && mark['state'] !== 'dispatching'
  const status = parked ? 'Parked' : statusOf(mark['state'])
  const nextAttemptAt = Math.max(Number(mark['nextAttemptAt'] ?? 0), held && parked ? heldUntil : 0)
  return {
    application,
    round: Number(mark['round'] ?? 1),
    job: {
      ...about,
      Status: status,
      CreatedAt: isoTime(createdAt),
      UpdatedAt: isoTime(Number(mark['sentAt'] ?? createdAt)),
      Attempts: Number(mark['attempt'] ?? 0),
      MaxAttempts: connection.maxAttempts,
      ...(nextAttemptAt && status !== 'Running' && { NextAttemptAt: isoTime(nextAttemptAt) }),
      ...(parked && {
        ParkedReason: isOpen
          ? breakerReasons[(cause ?? 'failures') as BreakerCause]
          : parkedReasons[waitsFor ?? 'busy'],
      }),
      ...(BatchId && { BatchId }),
      ...(ItemIndex !== undefined && { ItemIndex }),
    },
  }
}

/** What clients see of why a job waits without spending attempts. */
export const parkedReasons = {
  unreachable: breakerReasons.unreachable,
  busy: 'the EMR asked for a pause',
  login: 'the EMR refused the login',
} as const satisfies Record<WaitsFor, string>

/** A batch item that waits for its turn, so that BullMQ has no job for it yet. */
async function waitingItem(context: RecordsContext, jobId: string) {
  const routing = await itemRoutingOf(context, jobId)
  const createdAt = routing && (await context.redis.hget(context.keys.batch(routing.BatchId), 'createdAt'))
  return createdAt ? { ...routing, createdAt: Number(createdAt) } : undefined
}

function statusOf(markState: string | undefined): JobStatus {
  if (markState === 'dispatching') return 'Running'
  return markState ? 'Retrying' : 'Queued'
}

function finished(outcome: Outcome): Omit<Job, 'JobId' | 'EMRSystem' | 'EmrInstance'> {
  const { EncounterId, AlternativeIdentifiers, NotCarried, Problem } = outcome.result
  return {
    Status: outcome.status,
    CreatedAt: isoTime(outcome.createdAt),
    UpdatedAt: isoTime(outcome.finishedAt),
    FinishedAt: isoTime(outcome.finishedAt),
    Attempts: outcome.attempts,
    MaxAttempts: outcome.maxAttempts,
    StatusCode: outcome.statusCode,
    ...(EncounterId && { EncounterId }),
    ...(AlternativeIdentifiers && { AlternativeIdentifiers }),
    ...(Problem && { Problem }),
    ...(outcome.recovered && { Recovered: true }),
    ...(NotCarried && NotCarried.length > 0 && { NotCarried }),
    ...(outcome.BatchId && { BatchId: outcome.BatchId }),
    ...(outcome.ItemIndex !== undefined && { ItemIndex: outcome.ItemIndex }),
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
