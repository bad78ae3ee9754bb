import type { acceptEncounter as original } from '../../../shared/src/queue.ts'
import { CREATE_ENCOUNTER } from '../../../shared/src/queue.ts'

export * from '../../../shared/src/queue.ts'

/**
 * No records of our own: what is sealed goes into BullMQ's job, and that is all there is of it. Nothing to cancel, list, expire,
 * or tell a repeated key by. For measuring intake only, since no worker finds its payload.
 */
export const acceptEncounter: typeof original = async (_redis, queue, records, job) => {
  const [count, ...rest] = records.acceptArguments(job.jobId, job.routing.application, job.plain, [])
  const sealed = rest[count + 1]
  const data = { ...job.routing, sealed: Buffer.isBuffer(sealed) ? sealed.toString('base64') : '' }
  await queue.add(CREATE_ENCOUNTER, data, { jobId: job.jobId, ...(job.acceptedAt && { timestamp: job.acceptedAt }) })
  return { kind: 'new', jobId: job.jobId }
}
