import type { openAccept as original } from '../../../shared/src/records/accept.ts'
import { CREATE_ENCOUNTER, openEncounterQueue } from '../../../shared/src/records/queue.ts'
import { newJobId } from '../../../shared/src/sealing/job-id.ts'
import { seal } from '../../../shared/src/sealing/seal.ts'

export * from '../../../shared/src/records/accept.ts'

/**
 * No records of our own: the sealed request goes into BullMQ's job, and nothing else is stored. Nothing to cancel, list
 * or expire, and no repeated key is recognised. For measuring intake only, since no worker finds its payload.
 */
export const openAccept: typeof original = ({ redis, connection, sealingKeys }) => {
  const queue = openEncounterQueue(redis, connection)
  return async ({ application, plain }) => {
    const jobId = newJobId(connection)
    const sealed = seal(sealingKeys, plain, { kind: 'payload', application, jobId })
    const acceptedAt = Date.now()
    const data = { application, sealed: sealed.toString('base64') }
    await queue.add(CREATE_ENCOUNTER, data, { jobId, timestamp: acceptedAt })
    return { kind: 'new', jobId, acceptedAt }
  }
}
