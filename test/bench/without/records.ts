import { thisMoment } from '../../../shared/src/moment.ts'
import { openJobs as original } from '../../../shared/src/records/jobs.ts'

export * from '../../../shared/src/records/jobs.ts'

/** Only reads and erases the payload: no mark before the call, no outcome after it. */
export const openJobs: typeof original = (context, ...more) => {
  const { redis, keys } = context
  return {
    ...original(context, ...more),
    async begin(jobId) {
      const payload = await redis.getBuffer(keys.payload(jobId))
      if (!payload) return { kind: 'erased', doubt: false }
      const askedAt = thisMoment()
      const call = {
        round: 1,
        attempt: 1,
        deadlineInMs: 60_000,
        doubt: false,
        probing: false,
        waits: 0,
        sentAt: 0,
        confirmed: true,
      }
      return { kind: 'go', ...call, payload, askedAt }
    },
    async end({ jobId }) {
      await redis.unlink(keys.payload(jobId))
      return 'recorded'
    },
  }
}
