import type { RecordsContext } from './context.ts'
import { findJob } from './find-job.ts'
import type { EncounterQueue } from './queue.ts'
import { requeue } from './requeue.ts'
import { itemOf, type RoutedJob } from './routing.ts'
import { runScript } from '../redis/script.ts'
import { scripts, type Reopened } from './scripts.ts'

/** The api may be about to queue a job that was reopened so recently. */
const LEFT_ALONE_MS = 4_000

/** Opens new rounds of attempts, and queues their jobs. */
export function openRetries(context: RecordsContext, queue: EncounterQueue, giveTurns: () => void) {
  const { redis, keys } = context

  /** Whether a job is a batch item that waits for its turn, so that BullMQ has no job for it yet. */
  async function waitsForTurn({ routing }: RoutedJob): Promise<boolean> {
    const item = itemOf(routing)
    if (!item) return false
    return (await redis.getrange(keys.items(item.BatchId), item.ItemIndex, item.ItemIndex)) === 'q'
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
