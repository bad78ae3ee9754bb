import { withCredentials, type Payload } from '../sealing/payload.ts'
import { open, seal } from '../sealing/seal.ts'
import type { RecordsContext } from './context.ts'
import { findJob } from './find-job.ts'
import { routingIn, sealedPartOf, withHead } from './item-payload.ts'
import { BEHIND_SINGLE_REQUESTS, inOneTransaction, type EncounterQueue } from './queue.ts'
import { requeue } from './requeue.ts'
import { itemOf, type RoutedJob } from './routing.ts'
import { appendScript, runScript } from '../redis/script.ts'
import { scripts, type Renewed, type Reopened } from './scripts.ts'

/** The api may be about to queue a job that was reopened so recently. */
const LEFT_ALONE_MS = 4_000

/** Opens new rounds of attempts, and queues their jobs. */
export function openRetries(context: RecordsContext, queue: EncounterQueue, giveTurns: () => void) {
  const { redis, keys, sealingKeys } = context

  /** Whether a job is a batch item that waits for its turn, so that BullMQ has no job for it yet. */
  async function waitsForTurn({ routing }: RoutedJob): Promise<boolean> {
    const item = itemOf(routing)
    if (!item) return false
    return (await redis.getrange(keys.items(item.BatchId), item.ItemIndex, item.ItemIndex)) === 'q'
  }

  /** Ends the wait of a job that BullMQ has delayed. */
  async function promote(jobId: string): Promise<void> {
    const queued = await queue.getJob(jobId)
    // it may just have been taken
    if (await queued?.isDelayed()) await queued?.promote().catch(() => undefined)
  }

  return {
    async retry(job: RoutedJob, { absent = false } = {}): Promise<Reopened> {
      const said = await reopen(context, job, absent)
      if (said === 'reopened') await requeue(queue, job)
      if (said === 'lined up') giveTurns()
      return said
    },

    async reopened(atMost: number): Promise<{ looked: number; stuck: string[] }> {
      const about = { base: keys.base, atMost, leftMs: LEFT_ALONE_MS }
      const [looked, stuck] = await runScript(redis, scripts.reopened, keys, about)
      return { looked, stuck }
    },

    async renew(job: RoutedJob, credentials: Payload['credentials']): Promise<Renewed> {
      const { jobId, routing } = job
      const binding = { kind: 'payload', application: routing.application, jobId } as const
      const stored = await redis.getBuffer(keys.payload(jobId))
      if (!stored) return 'erased'
      const plain = withCredentials(open(sealingKeys, sealedPartOf(stored), binding), credentials)
      const item = routingIn(stored)
      const sealed = seal(sealingKeys, plain, binding)
      const touched = {
        ...keys,
        outcome: keys.outcome(jobId),
        dispatch: keys.dispatch(jobId),
        payload: keys.payload(jobId),
      }
      const said = await runScript(redis, scripts.renew, touched, {
        jobId,
        sealed: item ? withHead(item, sealed) : sealed,
      })
      if (said === 'renewed') await promote(jobId)
      return said
    },

    async queueNow(job: RoutedJob): Promise<void> {
      const item = itemOf(job.routing)
      if (!item || !(await waitsForTurn(job))) return requeue(queue, job)
      const touched = { batch: keys.batch(item.BatchId), items: keys.items(item.BatchId) }
      const take = (transaction: object) =>
        appendScript(transaction, scripts.turnsTaken, touched, {}, [{ index: item.ItemIndex }])
      await inOneTransaction(queue, take, [job], { priority: BEHIND_SINGLE_REQUESTS })
    },

    async takeUpAgain(jobId: string): Promise<boolean> {
      const job = await findJob(context, jobId)
      // a batch item that BullMQ does not have and whose turn is still to come is where it should be
      if (!job || (await waitsForTurn(job))) return false
      await requeue(queue, job)
      return true
    },
  }
}

/** The first step of a Retry: the job is pending again, and a batch item waits for its turn; no other job is queued. */
export async function reopen(
  { redis, keys, terms }: RecordsContext,
  { jobId, routing }: RoutedJob,
  absent = false,
): Promise<Reopened> {
  const { application } = routing
  const { BatchId: batchId, ItemIndex: index } = itemOf(routing) ?? {}
  const touched = {
    ...keys,
    outcome: keys.outcome(jobId),
    dispatch: keys.dispatch(jobId),
    payload: keys.payload(jobId),
    history: keys.history(jobId),
    backlog: keys.backlog(application),
    queued: keys.queued(jobId),
  }
  const { deadlineMs, payloadMs, resultMs } = terms
  const about = { base: keys.base, jobId, deadlineMs, payloadMs, resultMs, application, batchId, index, absent }
  return runScript(redis, scripts.reopen, touched, about)
}
