import { BEHIND_SINGLE_REQUESTS, CREATE_ENCOUNTER, type EncounterQueue, type RoutedJob } from './queue.ts'
import { itemOf } from './routing.ts'

/** How BullMQ refuses to put back a job that has left the set it was found in, or that it has just forgotten (its ErrorCode). */
const MOVED_ON = new Set([-1, -3])

/**
 * Puts a reopened job back in BullMQ's queue: the ended job that BullMQ still has, or a new one where it has forgotten it. A job that
 * waits already stays where it is, and so does one that a worker is only now putting away: for as long as the job is among the
 * `reopened`, the workers' sweep looks again.
 */
export async function requeue(queue: EncounterQueue, { jobId, routing, at }: RoutedJob): Promise<void> {
  const queued = await queue.getJob(jobId)
  if (!queued) {
    const priority = itemOf(routing) && { priority: BEHIND_SINGLE_REQUESTS }
    await queue.add(CREATE_ENCOUNTER, routing, { ...priority, jobId, timestamp: at })
    return
  }
  // not getState, which goes through all that waits
  const [isCompleted, hasFailed] = await Promise.all([queued.isCompleted(), queued.isFailed()])
  if (!isCompleted && !hasFailed) return
  try {
    await queued.retry(isCompleted ? 'completed' : 'failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
  } catch (error) {
    // the sweep was here first, or another process still puts the job away
    if (!MOVED_ON.has(Number((error as { code?: unknown }).code))) throw error
  }
}
