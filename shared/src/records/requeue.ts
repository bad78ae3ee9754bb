import { BEHIND_SINGLE_REQUESTS, CREATE_ENCOUNTER, type EncounterQueue } from './queue.ts'
import { itemOf, type RoutedJob } from './routing.ts'

/** BullMQ's error codes for a job that has left the set in which it was found, or that was just deleted. */
const MOVED_ON = new Set([-1, -3])

/**
 * Puts a reopened job back in BullMQ's queue: the ended job if BullMQ still has it, otherwise a new one. A job that
 * already waits stays where it is, and so does one that a worker is still putting away: the workers' sweep checks it
 * again as long as it is among the `reopened`.
 */
export async function requeue(queue: EncounterQueue, { jobId, routing, createdAt }: RoutedJob): Promise<void> {
  const queued = await queue.getJob(jobId)
  if (!queued) {
    const priority = itemOf(routing) && { priority: BEHIND_SINGLE_REQUESTS }
    await queue.add(CREATE_ENCOUNTER, routing, { ...priority, jobId, timestamp: createdAt })
    return
  }
  // not getState, which searches all waiting jobs
  const [isCompleted, hasFailed] = await Promise.all([queued.isCompleted(), queued.isFailed()])
  if (!isCompleted && !hasFailed) return
  try {
    await queued.retry(isCompleted ? 'completed' : 'failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
  } catch (error) {
    // the sweep was first, or another process is still putting the job away
    if (!MOVED_ON.has(Number((error as { code?: unknown }).code))) throw error
  }
}
