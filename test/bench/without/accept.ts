import type { openAccept as original } from '../../../shared/src/records/accept.ts'
import { CREATE_ENCOUNTER } from '../../../shared/src/records/queue.ts'

export * from '../../../shared/src/records/accept.ts'

/**
 * No records of our own: what is sealed goes into BullMQ's job, and that is all there is of it. Nothing to cancel, list, expire,
 * or tell a repeated key by. For measuring intake only, since no worker finds its payload.
 */
export const openAccept: typeof original = (_redis, queue, records) => async (job) => {
  const [, sealed] = records.acceptEntry({ ...job, idempotency: [] })
  const data = { application: job.application, sealed: Buffer.isBuffer(sealed) ? sealed.toString('base64') : '' }
  const acceptedAt = Date.now()
  await queue.add(CREATE_ENCOUNTER, data, { jobId: job.jobId, timestamp: acceptedAt })
  return { kind: 'new', jobId: job.jobId, acceptedAt }
}
