import type { PatientEncounterRequest } from '../contract/patient-encounter.ts'
import {
  idempotencyCandidates,
  isSameContent,
  keyedJobId,
  periodsAt,
  type KeyedContent,
} from '../sealing/idempotency.ts'
import { newJobId } from '../sealing/job-id.ts'
import { seal } from '../sealing/seal.ts'
import { coalesce } from './coalesce.ts'
import { confirmed, type RecordsContext } from './context.ts'
import { CREATE_ENCOUNTER, JOB_OPTIONS } from './queue.ts'
import { runScript } from '../redis/script.ts'
import { scripts } from './scripts.ts'

/** A request to accept. */
export type NewRequest = {
  application: string
  /** The request and its credentials, about to be sealed. */
  plain: Buffer
  /** The Idempotency-Key, if the request has one, and the content that must be the same whenever it is used. */
  keyed?: { key: string; content: PatientEncounterRequest } | undefined
}

/**
 * The reply to accepting a request. `known`: its Idempotency-Key was used before, for this job, with the same content or
 * with another. `acceptedAt` is the job's CreatedAt, ms since the epoch.
 */
export type Accepted = { acceptedAt: number; jobId: string } & (
  | { kind: 'new' }
  | { kind: 'known'; sameContent: boolean }
)

/** A request with the JobId that it gets if it is new. */
export type NamedRequest = {
  jobId: string
  application: string
  plain: Buffer
  /** With an Idempotency-Key: record name and content fingerprint under each sealing key, the current one first. */
  idempotency: readonly KeyedContent[]
}

/** Names requests and accepts them. Resolves once payload and job are stored, both or neither. */
export function openAccept(context: RecordsContext): (request: NewRequest) => Promise<Accepted> {
  const { connection, sealingKeys, terms } = context
  const accept = openAcceptNamed(context)

  return async ({ application, plain, keyed }) => {
    if (!keyed) return accept({ jobId: newJobId(connection), application, plain, idempotency: [] })
    const scope = { application, connection, key: keyed.key }
    const idempotency = idempotencyCandidates(sealingKeys, scope, keyed.content)
    const [period] = periodsAt(Date.now(), terms.resultMs)
    const jobId = keyedJobId(sealingKeys[0], scope, idempotency[0].fingerprint, period)
    return accept({ jobId, application, plain, idempotency })
  }
}

/**
 * Stores the payloads of requests and queues their jobs; simultaneous requests share one script call (docs/adr/0009).
 */
export function openAcceptNamed(context: RecordsContext) {
  const { keys, terms, sealingKeys, tally } = context
  const { deadlineMs, payloadMs: keptMs } = terms
  const options = JSON.stringify(JOB_OPTIONS)
  const about = { base: keys.base, jobName: CREATE_ENCOUNTER, options, deadlineMs, keptMs }

  return coalesce(async (requests: NamedRequest[]): Promise<Accepted[]> => {
    const acceptedAt = Date.now()
    const entries = requests.map(({ jobId, application, plain, idempotency }) => ({
      jobId,
      payload: seal(sealingKeys, plain, { kind: 'payload', application, jobId }),
      application,
      candidates: idempotency,
    }))
    // also of a key that was used before: its job may not have been confirmed yet
    const replies = await confirmed(context, (redis) =>
      runScript(redis, scripts.accept, keys, { ...about, acceptedAt }, entries),
    )
    const accepted = replies.filter((reply) => !Array.isArray(reply)).length
    if (accepted > 0) tally.accepted(accepted)
    return requests.map(({ jobId, idempotency }, index) => {
      const reply = replies[index]
      if (!Array.isArray(reply)) return { kind: 'new', jobId, acceptedAt }
      return { kind: 'known', jobId: reply[0], sameContent: isSameContent(idempotency, reply[1]), acceptedAt }
    })
  })
}
