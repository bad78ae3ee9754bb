import { CREATE_ENCOUNTER, JOB_OPTIONS, type EncounterQueue } from './queue.ts'
import type { NewJob, Records } from './records/records.ts'
import type { RedisClient } from './redis.ts'

/** As many as one script takes at once: it keeps Redis for about 20 µs each. */
const TOGETHER_AT_MOST = 100

/** `known`: the key was used before, for the job named, with the content whose fingerprint was kept. */
export type Accepted = { kind: 'new'; jobId: string } | { kind: 'known'; jobId: string; fingerprint: string }

/** Resolves once payload and job are stored, both or neither; `acceptedAt` is the job's CreatedAt, ms since the epoch. */
export type Accept = (job: NewJob) => Promise<Accepted & { acceptedAt: number }>

type Waiting = {
  entry: ReturnType<Records['acceptEntry']>
  resolve: (accepted: Accepted & { acceptedAt: number }) => void
  reject: (error: unknown) => void
}

/**
 * Stores the payloads of requests and queues their jobs. What comes in one turn of the event loop goes to Redis in one script, so
 * that the cost of a command, and of its way there and back, is shared when there is much to do, and nobody waits when there is not.
 */
export function openAccept(redis: RedisClient, queue: EncounterQueue, records: Records): Accept {
  const { keys, terms } = records
  const bullmq = ['wait', 'paused', 'meta', 'id', 'completed', 'delayed', 'active', 'events', 'marker']
  const sharedKeys = [...bullmq.map((name) => queue.toKey(name)), keys.failed, keys.pending, keys.depth]
  const prefix = queue.toKey('')
  const options = JSON.stringify(JOB_OPTIONS)
  let gathered: Waiting[] = []

  async function send(together: Waiting[]): Promise<void> {
    const acceptedAt = Date.now()
    const touched = [...sharedKeys, ...together.flatMap(({ entry }) => entry.keys)]
    const about = [prefix, CREATE_ENCOUNTER, options, acceptedAt, terms.deadlineMs, terms.payloadMs]
    try {
      const args = [...about, ...together.flatMap(({ entry }) => entry.args)]
      const replies = await redis.egAccept(touched.length, ...touched, ...args)
      for (const [index, [kind, jobId, fingerprint = '']] of replies.entries()) {
        const accepted = kind === 'known' ? { kind, jobId, fingerprint } : ({ kind: 'new', jobId } as const)
        together[index]?.resolve({ ...accepted, acceptedAt })
      }
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
  }

  function sendGathered(): void {
    const together = gathered
    gathered = []
    void send(together)
  }

  return function accept(job) {
    const { promise, resolve, reject } = Promise.withResolvers<Accepted & { acceptedAt: number }>()
    if (gathered.length === 0) setImmediate(sendIfAny)
    gathered.push({ entry: records.acceptEntry(job), resolve, reject })
    if (gathered.length === TOGETHER_AT_MOST) sendGathered()
    return promise
  }

  function sendIfAny(): void {
    if (gathered.length > 0) sendGathered()
  }
}
