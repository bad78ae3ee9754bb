import { thisMoment } from '../../../shared/src/moment.ts'
import { openRecords as original } from '../../../shared/src/records/jobs.ts'

export * from '../../../shared/src/records/jobs.ts'

/** Only reads and erases the payload: no mark before the call, no outcome after it. */
export const openRecords: typeof original = (redis, about) => {
  const records = original(redis, about)
  const { keys } = records
  return {
    ...records,
    async begin(jobId) {
      const payload = await redis.getBuffer(keys.payload(jobId))
      if (!payload) return { kind: 'erased', doubt: false }
      const askedAt = thisMoment()
      const call = { round: 1, attempt: 1, deadlineInMs: 60_000, doubt: false, probing: false }
      return { kind: 'go', ...call, payload, askedAt }
    },
    async finish(jobId) {
      await redis.unlink(keys.payload(jobId))
      return 'recorded'
    },
  }
}
