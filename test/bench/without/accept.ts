import type { openAccept as original } from '../../../shared/src/records/accept.ts'
import { CREATE_ENCOUNTER } from '../../../shared/src/records/queue.ts'

export * from '../../../shared/src/records/accept.ts'

/**
 * No records of our own: the sealed request goes into BullMQ's job, and nothing else is stored. Nothing to cancel, list
 * or expire, and no repeated key is recognised. For measuring intake only, since no worker finds its payload.
 */
export const openAccept: typeof original = (_redis, queue, records) => async (job) => {
  const [, sealed] = records.acceptEntry({ ...job, idempotency: [] })
  const data = { application: job.application, sealed: Buffer.isBuffer(sealed) ? sealed.toString('base64') : '' }
  const acceptedAt = Date.now()
  await queue.add(CREATE_ENCOUNTER, data, { jobId: job.jobId, timestamp: acceptedAt })
  return { kind: 'new', jobId: job.jobId, acceptedAt }
}
