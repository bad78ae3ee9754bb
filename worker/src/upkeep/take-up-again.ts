import type { GoOn } from '@encounter-gateway/shared/records/lease.ts'
import type { ConnectionAtWork } from '../attempts/connection-at-work.ts'

const AT_ONCE = 200
/**
 * Jobs that one round looks at: while an EMR is away, many reopened jobs may wait. The next round continues with the
 * others.
 */
const LOOKED_AT_MOST = 2_000

/**
 * Queues jobs that a Retry reopened and that BullMQ will not run by itself: the api died, or lost Redis, before it had
 * queued the job; a worker that had found the job ended was still marking it as failed; or the one that ended it
 * removed it from the queue after the Retry. A job stays among the reopened until it is begun or has ended, so none is
 * missed, however many others end meanwhile.
 */
export async function takeUpAgain(
  { records, log }: Pick<ConnectionAtWork, 'records' | 'log'>,
  goOn: GoOn,
): Promise<void> {
  for (let looked = 0; looked < LOOKED_AT_MOST; looked += AT_ONCE) {
    const found = await records.jobs.reopened(AT_ONCE)
    for (const jobId of found.stuck) {
      if (!(await goOn())) return
      if (await records.jobs.takeUpAgain(jobId)) log.info({ job: jobId }, 'job.takenUpAgain')
    }
    if (found.looked < AT_ONCE) return
  }
}
