import { Queue } from 'bullmq'
import type { openAccept as original } from '../../../shared/src/records/accept.ts'
import { KEY_PREFIX } from '../../../shared/src/records/keys.ts'
import { CREATE_ENCOUNTER, JOB_OPTIONS } from '../../../shared/src/records/queue.ts'

export * from '../../../shared/src/records/accept.ts'

/**
 * No records of our own: the sealed request goes into BullMQ's job, and nothing else is stored. Nothing to cancel, list
 * or expire, and no repeated key is recognised. For measuring intake only, since no worker finds its payload.
 */
export const openAccept: typeof original = (redis, records) => {
  const name = records.keys.base.slice(KEY_PREFIX.length + 1)
  const queue = new Queue(name, { connection: redis, prefix: KEY_PREFIX, defaultJobOptions: JOB_OPTIONS })
  return async (job) => {
    const { payload, application } = records.acceptEntry({ ...job, idempotency: [] })
    const acceptedAt = Date.now()
    const data = { application, sealed: payload.toString('base64') }
    await queue.add(CREATE_ENCOUNTER, data, { jobId: job.jobId, timestamp: acceptedAt })
    return { kind: 'new', jobId: job.jobId, acceptedAt }
  }
}
