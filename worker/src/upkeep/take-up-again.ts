import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import { requeue } from '@encounter-gateway/shared/records/requeue.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { Logger } from 'pino'
import { findRouting } from './find-routing.ts'
import type { GoOn } from './lease.ts'

const AT_ONCE = 200
/**
 * Jobs that one round looks at: while an EMR is away, many reopened jobs may wait. The next round continues with the
 * others.
 */
const LOOKED_AT_MOST = 2_000

type Reopened = { redis: RedisClient; queue: EncounterQueue; records: Records; config: Config; log: Logger }

/**
 * Queues jobs that a Retry reopened and that BullMQ will not run by itself: the api died, or lost Redis, before it had
 * queued the job; a worker that had found the job ended was still marking it as failed; or the one that ended it
 * removed it from the queue after the Retry. A job stays among the reopened until it is begun or has ended, so none is
 * missed, however many others end meanwhile.
 */
export async function takeUpAgain(at: Reopened, goOn: GoOn): Promise<void> {
  for (let looked = 0; looked < LOOKED_AT_MOST; looked += AT_ONCE) {
    const found = await at.records.reopened(AT_ONCE)
    for (const jobId of found.stuck) {
      if (!(await goOn())) return
      await queueAgain(at, jobId)
    }
    if (found.looked < AT_ONCE) return
  }
}

async function queueAgain({ redis, queue, records, config, log }: Reopened, jobId: string): Promise<void> {
  const applications = config.applications.map(({ name }) => name)
  const found = await findRouting(redis, records, applications, jobId)
  // a batch item that BullMQ does not have and whose turn is still to come is where it should be
  if (!found || (await records.waitsForTurn(found.routing))) return
  log.info({ job: jobId }, 'job.takenUpAgain')
  await requeue(queue, { jobId, routing: found.routing, at: found.createdAt })
}
