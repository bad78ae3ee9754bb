import { createHmac } from 'node:crypto'
import type { ConnectionName } from '../contract/connection-name.ts'
import type { EncounterCreated } from '../contract/encounter-created.ts'
import type { TerminalStatus } from '../contract/job.ts'
import { thisMoment, type Moment } from '../moment.ts'
import type { Problem } from '../contract/problem.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { Retention } from '../config/schema.ts'
import type { KeyedContent } from '../sealing/idempotency.ts'
import { open, seal, type SealingKeys } from '../sealing/seal.ts'
import { ITEM_HEAD_AT_MOST, routingIn, sealedPartOf } from './item-payload.ts'
import { FINISHED_CHANNEL, recordKeys } from './keys.ts'
import { itemLetters, itemOf, type BatchItemRef, type Routing } from './routing.ts'
import { defineScripts, type Argument } from './scripts.ts'
import { together } from './coalesce.ts'

const HOUR_MS = 3_600_000
/** A payload outlives its job's deadline by this much, so that whoever expires the job still finds it. */
const PAYLOAD_GRACE_MS = 24 * HOUR_MS

const REOPENED_LEFT_MS = 4_000

/** The sealed part of an outcome: what identifies the encounter, or says what went wrong. */
export type Result = Partial<EncounterCreated> & { NotCarried?: string[]; Problem?: Problem }

/** What intake hands over. */
export type NewJob = {
  jobId: string
  application: string
  /** The request and its credentials, about to be sealed. */
  plain: Buffer
  /** With an Idempotency-Key: the name of its record and the fingerprint of the content under each sealing key, own one first. */
  idempotency: readonly KeyedContent[]
}

/** An outcome to be written. */
export type NewOutcome = {
  status: TerminalStatus
  /** The seed's response code. */
  statusCode: number
  result: Result
  routing: Routing
  /** When the job was accepted, ms since the epoch. */
  createdAt: number
  maxAttempts: number
  /** The encounter was found in the EMR instead of created by this attempt. */
  recovered?: boolean
  /** Whether this job's application has an endpoint that wants to be told. */
  announce: boolean
  /** The EMR was searched by likeness, not by key: no other job may be told the same EncounterId. */
  claims?: boolean
}

/** What came of writing an outcome; see finish.lua. */
export type Finished = 'recorded' | 'already' | 'dispatched' | 'superseded' | 'unaccepted' | 'claimed'

/**
 * When an outcome may be written. `undispatched`: only if the EMR surely has nothing of the job; `cancelledWithBatch`: the same, and only
 * while its batch is cancelled; the name of a call: only while no other attempt has been begun.
 */
export type Guard = 'undispatched' | 'cancelledWithBatch' | CallName

/** What came of the wish to begin a new round of attempts; see reopen.lua. */
export type Reopened = 'reopened' | 'lined up' | 'unfinished' | 'succeeded' | 'erased' | 'cancelling'

/** A webhook event on its way out; no patient data in it. */
export type OutcomeEvent = {
  JobId: string
  Round: number
  /** ms since the epoch */
  At: number
  Status: TerminalStatus
  StatusCode: number
  Application: string
  BatchId?: string
}

/** The end of a batch on its way out as a webhook event; told once per round, a retry of some items beginning a new one. */
export type BatchEvent = {
  BatchId: string
  Round: number
  /** ms since the epoch */
  At: number
  Application: string
}

/** An outcome as stored. */
export type Outcome = {
  status: TerminalStatus
  statusCode: number
  application: string
  createdAt: number
  finishedAt: number
  attempts: number
  maxAttempts: number
  round: number
  recovered: boolean
  BatchId?: string
  ItemIndex?: number
  result: Result
}

/** Leave to call the EMR, or the news that an earlier call's end is not known. */
type BegunCall = {
  round: number
  attempt: number
  payload: Buffer
  deadlineInMs: number
  /** An earlier attempt of this round may have reached the EMR, and nothing has settled that. */
  doubt: boolean
  /** The breaker waits for one good answer before it closes. */
  probing: boolean
  /** When leave was asked for: not later than the time in the mark. */
  askedAt: Moment
}

/** What became of the wish to call the EMR; see begin.lua. */
export type Begun =
  | ({ kind: 'go' } & BegunCall)
  /** `state` dispatching: whoever made the call never noted its end; unknown: its end left the question open. */
  | ({
      kind: 'dangling'
      state: 'dispatching' | 'unknown'
      sinceMs: number
      statusCode: number | undefined
      /** When the first attempt of the job's first round was sent, ms by Redis' clock; `undefined` if an older version sent it. */
      firstAttemptAt: number | undefined
      /** Redis' clock when this was read. */
      now: number
    } & BegunCall)
  | { kind: 'parked'; forMs: number }
  | { kind: 'expired' | 'erased'; doubt: boolean }
  | { kind: 'finished' | 'unaccepted' }
  /** with its batch; the EMR surely has nothing of it */
  | { kind: 'cancelled' }

/** One call to the EMR: the attempt, and the round that it is counted in. */
export type CallName = { round: number; attempt: number }

/** How an attempt ended that will be followed by another. */
export type Settlement = CallName & {
  state: 'rejected' | 'unknown' | 'unspent'
  nextInMs: number
  statusCode: number
  /** How long the EMR may still be working on it, as far as we know; the connection's `settleMs` comes on top. 0 if left out. */
  endsInMs?: number
}

/** The small records beside BullMQ's that hold the truth about each job of one connection. */
export type Records = ReturnType<typeof openRecords>

export function openRecords(
  redis: RedisClient,
  about: { connection: ConnectionName & { deadlineHours: number }; sealingKeys: SealingKeys; retention: Retention },
) {
  defineScripts(redis)
  const { connection, sealingKeys, retention } = about
  const keys = recordKeys(connection)
  const deadlineMs = Math.round(connection.deadlineHours * HOUR_MS)
  const payloadMs = deadlineMs + PAYLOAD_GRACE_MS
  const resultMs = Math.round(retention.resultHours * HOUR_MS)
  const failedPayloadMs = Math.round(retention.failedPayloadHours * HOUR_MS)
  const begin = together((jobs: Argument[][]) =>
    redis.egBeginBuffer(keys.pending, keys.breaker, keys.base, ...jobs.flat()),
  )
  const finish = together((jobs: Argument[][]) =>
    redis.egFinish(keys.pending, keys.outbox, keys.depth, keys.base, FINISHED_CHANNEL, resultMs, ...jobs.flat()),
  )

  return {
    keys,

    /** What accept.lua is told of every request. */
    terms: { deadlineMs, payloadMs },

    /** How long results are kept, ms; no Idempotency-Key gives the same JobId for longer. */
    resultMs,

    /** What accept.lua is told of one request. */
    acceptEntry({ jobId, application, plain, idempotency }: NewJob): (string | number | Buffer)[] {
      const entry = [jobId, seal(sealingKeys, plain, { kind: 'payload', application, jobId }), application]
      return [...entry, idempotency.length, ...idempotency.flatMap((each) => [each.name, each.fingerprint])]
    },

    /**
     * Asks leave to call the EMR and marks the call; a batch item names its batch, which may have been cancelled. To go on from
     * an attempt whose end was in doubt, name it and say whether the EMR surely has nothing of it (`absent`) or is trusted
     * to know it again (`resend`).
     */
    async begin(
      jobId: string,
      {
        BatchId = '',
        attempt = '',
        as = '',
      }: { BatchId?: string; attempt?: number | ''; as?: 'absent' | 'resend' | '' } = {},
    ): Promise<Begun> {
      const askedAt = thisMoment()
      const [kind, ...rest] = await begin([jobId, BatchId, attempt, as])
      return readBegun(String(kind), rest, askedAt)
    },

    /** Notes an attempt's end. `false`: another process has moved on with the job. */
    async settle(
      jobId: string,
      { round, attempt, state, nextInMs, statusCode, endsInMs = 0 }: Settlement,
    ): Promise<boolean> {
      const noted = await redis.egSettle(
        keys.outcome(jobId),
        keys.dispatch(jobId),
        `${round}.${attempt}`,
        state,
        Math.ceil(nextInMs),
        statusCode,
        Math.ceil(endsInMs),
      )
      return noted === 1
    },

    /**
     * Writes the outcome if there is none, unless its guard refuses it.
     * The payload is erased when the job succeeded, and kept `failedPayloadHours` for a retry when not.
     */
    async finish(jobId: string, outcome: NewOutcome, onlyIf?: Guard): Promise<Finished> {
      const { status, statusCode, createdAt, maxAttempts, recovered, announce, claims, result } = outcome
      const { application, BatchId = '', ItemIndex = '' } = outcome.routing
      const binding = { kind: 'result', application, jobId } as const
      const done = status === 'Succeeded'
      const said = await finish([
        jobId,
        typeof onlyIf === 'object' ? `${onlyIf.round}.${onlyIf.attempt}` : (onlyIf ?? ''),
        done ? 0 : failedPayloadMs,
        announce ? '1' : '',
        application,
        BatchId,
        ItemIndex,
        itemLetters[status],
        status,
        statusCode,
        createdAt,
        maxAttempts,
        recovered ? 1 : 0,
        seal(sealingKeys, Buffer.from(JSON.stringify(result)), binding),
        claims && result.EncounterId ? hashesOf(result.EncounterId, sealingKeys).join() : '',
      ])
      return said as Finished
    },

    /** The newest call of a job without outcome, and whether the EMR may have the encounter. */
    async lastCall(jobId: string): Promise<{ inDoubt: boolean; call: CallName }> {
      const [state, doubt, round, attempt] = await redis.hmget(
        keys.dispatch(jobId),
        'state',
        'doubt',
        'round',
        'attempt',
      )
      const inDoubt = state === 'dispatching' || state === 'unknown' || Boolean(doubt)
      return { inDoubt, call: { round: Number(round ?? 1), attempt: Number(attempt ?? 0) } }
    },

    /** Whether a quarantine process has died with the job in this round; see died.lua. */
    async hasDied(jobId: string): Promise<boolean> {
      return (await redis.hexists(keys.dispatch(jobId), 'deaths')) === 1
    },

    /** Notes that a process has died with the job in it, and returns how many did in this round with nothing else in them. */
    async died(jobId: string, alone: boolean): Promise<number> {
      return redis.egDied(keys.pending, keys.dispatch(jobId), jobId, alone ? 1 : 0)
    },

    /**
     * Opens a new round of attempts for a job that has ended and did not succeed; else says why not. A batch item is in line for
     * its turn then (`lined up`); any other job is the caller's to queue.
     */
    async reopen(jobId: string, routing: Routing): Promise<Reopened> {
      const { application } = routing
      const item = itemOf(routing)
      const touched = [
        keys.outcome(jobId),
        keys.dispatch(jobId),
        keys.payload(jobId),
        keys.pending,
        keys.history(jobId),
        keys.idempotency(jobId),
        keys.depth,
        ...(item ? [keys.batch(item.BatchId), keys.items(item.BatchId)] : []),
        ...(item ? [keys.prints(item.BatchId), keys.rejections(item.BatchId), keys.turns, keys.fair] : []),
        ...(item ? [keys.backlog(application), keys.completed, keys.failed, keys.queued(jobId)] : []),
        keys.cancelling,
        keys.queued(jobId),
        keys.reopened,
      ]
      const said = await redis.egReopen(
        touched.length,
        ...touched,
        jobId,
        deadlineMs,
        payloadMs,
        resultMs,
        application,
        ...(item ? [item.BatchId, item.ItemIndex] : []),
      )
      return said as Reopened
    },

    /**
     * Looks at the `atMost` jobs among the reopened that were not looked at for the longest; `stuck` are those that BullMQ will not
     * run by itself. One that was reopened or looked at less than 4 s ago is passed over: its api may be just about to queue it.
     */
    async reopened(atMost: number): Promise<{ looked: number; stuck: string[] }> {
      const touched = [keys.reopened, keys.pending, keys.completed, keys.failed]
      const [looked, stuck] = await redis.egReopened(...touched, keys.base, atMost, REOPENED_LEFT_MS)
      return { looked, stuck }
    },

    /**
     * Compares the counts that `maxPending` goes by with what is pending, in one short script; where they differ, counts `atMost`
     * jobs anew, which goes on where the last call left off. `applications`: those configured.
     */
    async recount(
      applications: readonly string[],
      atMost: number,
    ): Promise<{ kind: 'exact' | 'counting' | 'again' } | { kind: 'corrected'; from: number; to: number }> {
      const [kind, from, to] = await redis.egRecount(
        keys.depth,
        keys.pending,
        keys.recount,
        keys.base,
        atMost,
        ...applications,
      )
      return kind === 'corrected' ? { kind, from: Number(from), to: Number(to) } : { kind }
    },

    /** Whether a job is a batch item whose turn is still to come, so that BullMQ has none of it. */
    async waitsForTurn(routing: Routing): Promise<boolean> {
      const item = itemOf(routing)
      if (!item) return false
      return (await redis.getrange(keys.items(item.BatchId), item.ItemIndex, item.ItemIndex)) === 'q'
    },

    /** The request of a job, as it was accepted. */
    openPayload(jobId: string, application: string, stored: Buffer): Buffer {
      return open(sealingKeys, sealedPartOf(stored), { kind: 'payload', application, jobId })
    },

    /** Whose a batch item is and where it belongs, also while BullMQ knows nothing of it; `undefined` for any other job. */
    async itemRouting(jobId: string): Promise<(Routing & BatchItemRef) | undefined> {
      return routingIn(await redis.getrangeBuffer(keys.payload(jobId), 0, ITEM_HEAD_AT_MOST - 1))
    },

    /** Whether the job has an outcome, which is still kept. */
    hasEnded: async (jobId: string) => (await redis.exists(keys.outcome(jobId))) === 1,

    /** The stored outcome, or `undefined` while there is none or after its retention. */
    async outcome(jobId: string): Promise<Outcome | undefined> {
      const stored: Record<string, Buffer> = await redis.hgetallBuffer(keys.outcome(jobId))
      if (!stored['status']) return undefined
      const text = (field: string) => stored[field]?.toString() ?? ''
      const application = text('application')
      const sealed = stored['result'] ?? Buffer.alloc(0)
      const plain = open(sealingKeys, sealed, { kind: 'result', application, jobId })
      return {
        status: text('status') as TerminalStatus,
        statusCode: Number(text('statusCode')),
        application,
        createdAt: Number(text('createdAt')),
        finishedAt: Number(text('finishedAt')),
        attempts: Number(text('attempts')),
        maxAttempts: Number(text('maxAttempts')),
        round: Number(text('round')),
        recovered: text('recovered') === '1',
        ...(stored['BatchId'] && { BatchId: text('BatchId') }),
        ...(stored['ItemIndex'] && { ItemIndex: Number(text('ItemIndex')) }),
        result: JSON.parse(plain.toString()) as Result,
      }
    },
  }
}

/** An EncounterId as it may stand in a key: under every configured sealing key, so that a rotation forgets no claim. */
function hashesOf(encounterId: string, sealingKeys: SealingKeys): string[] {
  return sealingKeys.map(({ derivationSecret }) =>
    createHmac('sha256', derivationSecret).update(encounterId).digest('base64url'),
  )
}

function readBegun(kind: string, rest: (Buffer | number)[], askedAt: Moment): Begun {
  if (kind === 'parked') return { kind, forMs: Number(rest[0]) }
  if (kind === 'expired' || kind === 'erased') return { kind, doubt: Number(rest[0]) === 1 }
  if (kind !== 'go' && kind !== 'dangling') return { kind: kind as 'finished' | 'unaccepted' | 'cancelled' }
  const [round, attempt, payload, deadlineInMs, probing, state, sinceMs, code, firstSentAt, now] = rest
  const call = {
    round: Number(round),
    attempt: Number(attempt),
    payload: payload as Buffer,
    deadlineInMs: Number(deadlineInMs),
    probing: Number(probing) === 1,
    doubt: kind === 'dangling' || Number(state) === 1,
    askedAt,
  }
  if (kind === 'go') return { kind, ...call }
  return {
    kind,
    ...call,
    state: String(state) as 'dispatching' | 'unknown',
    sinceMs: Number(sinceMs),
    statusCode: Number(code) || undefined,
    firstAttemptAt: Number(firstSentAt) || undefined,
    now: Number(now),
  }
}
