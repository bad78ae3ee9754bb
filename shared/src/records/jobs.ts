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
import { runScript, type Values } from './script.ts'
import { defineScripts, scripts, type Finished, type Reopened } from './scripts.ts'
import { together } from './coalesce.ts'
import { openTally } from './tally.ts'

const HOUR_MS = 3_600_000
/** A payload outlives its job's deadline by this much, so that it still exists when the job expires. */
const PAYLOAD_GRACE_MS = 24 * HOUR_MS

const REOPENED_LEFT_MS = 4_000

/** The sealed part of an outcome: the identifiers of the encounter, or the problem. */
export type Result = Partial<EncounterCreated> & { NotCarried?: string[]; Problem?: Problem }

/** A request to accept. */
export type NewJob = {
  jobId: string
  application: string
  /** The request and its credentials, about to be sealed. */
  plain: Buffer
  /** With an Idempotency-Key: record name and content fingerprint under each sealing key, the current one first. */
  idempotency: readonly KeyedContent[]
}

/** An outcome to write. */
export type NewOutcome = {
  status: TerminalStatus
  /** The response code for the client. */
  statusCode: number
  result: Result
  routing: Routing
  /** When the job was accepted, ms since the epoch. */
  createdAt: number
  maxAttempts: number
  /** The encounter was found in the EMR, not created by this attempt. */
  recovered?: boolean
  /** Whether the application of the job has a webhook endpoint. */
  announce: boolean
  /** The encounter was found by similarity, not by key: no other job may get the same EncounterId. */
  claims?: boolean
}

/**
 * The condition for writing an outcome. `undispatched`: the encounter surely does not exist in the EMR;
 * `cancelledWithBatch`: the same, and the batch of the job is cancelled; the name of a call: no later attempt has
 * begun.
 */
export type Guard = 'undispatched' | 'cancelledWithBatch' | CallName

/** A webhook event in the outbox; contains no patient data. */
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

/** The webhook event for the end of a batch. There is one per round; a retry of items begins a new round. */
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

/** The common part of a permission to call the EMR and of a report that the end of an earlier call is unknown. */
type BegunCall = {
  round: number
  attempt: number
  payload: Buffer
  deadlineInMs: number
  /** An earlier attempt of this round may have reached the EMR, and nothing has settled that. */
  doubt: boolean
  /** The breaker waits for one good answer before it closes. */
  probing: boolean
  /** When permission was requested: not later than the time in the mark. */
  askedAt: Moment
}

/** The reply to a request to call the EMR; see begin.lua. */
export type Begun =
  | ({ kind: 'go' } & BegunCall)
  /** `state` dispatching: the end of the call was never recorded; unknown: its end was inconclusive. */
  | ({
      kind: 'dangling'
      state: 'dispatching' | 'unknown'
      sinceMs: number
      statusCode: number | undefined
      /**
       * When the first attempt of the job's first round was sent, ms by Redis' clock; `undefined` if an older version
       * sent it.
       */
      firstAttemptAt: number | undefined
      /** Redis' clock when this was read. */
      now: number
    } & BegunCall)
  | { kind: 'parked'; forMs: number }
  | { kind: 'expired' | 'erased'; doubt: boolean }
  | { kind: 'finished' | 'unaccepted' }
  /** cancelled with its batch; the encounter surely does not exist in the EMR */
  | { kind: 'cancelled' }

/** Identifies a call to the EMR: round, and attempt in that round. */
export type CallName = { round: number; attempt: number }

/** The end of an attempt that will be followed by another one. */
export type Settlement = CallName & {
  state: 'rejected' | 'unknown' | 'unspent'
  nextInMs: number
  statusCode: number
  /** How long the EMR may still be working on it, as far as known, without the connection's `settleMs`. Default 0. */
  endsInMs?: number
}

/** The records of the jobs of one connection. They are authoritative; BullMQ's records are not. */
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
  const { base } = keys
  const tally = openTally(redis, connection)
  const begin = together((jobs: Values<typeof scripts.begin.each>[]) =>
    runScript(redis, scripts.begin, keys, { base }, jobs, { inBytes: true }),
  )
  const finish = together((jobs: Values<typeof scripts.finish.each>[]) =>
    runScript(redis, scripts.finish, keys, { base, channel: FINISHED_CHANNEL, keptMs: resultMs }, jobs),
  )

  return {
    keys,

    /** Counts what happens on the connection. Outcomes are counted here, accepted jobs and calls by whoever knows. */
    tally,

    /** The arguments of accept.lua for every request. */
    terms: { deadlineMs, keptMs: payloadMs },

    /** How long results are kept, in ms; an Idempotency-Key yields the same JobId for at most this long. */
    resultMs,

    /** The arguments of accept.lua for one request. */
    acceptEntry({ jobId, application, plain, idempotency: candidates }: NewJob) {
      const payload = seal(sealingKeys, plain, { kind: 'payload', application, jobId })
      return { jobId, payload, application, candidates }
    },

    /**
     * Requests permission to call the EMR, and marks the call. `BatchId`: the batch of an item, which may have been
     * cancelled. To continue after an attempt in doubt, pass `attempt` and whether its encounter surely does not exist
     * in the EMR (`absent`) or the EMR is trusted to deduplicate (`resend`).
     */
    async begin(
      jobId: string,
      { BatchId, attempt, as }: { BatchId?: string; attempt?: number; as?: 'absent' | 'resend' } = {},
    ): Promise<Begun> {
      const askedAt = thisMoment()
      const [kind, ...rest] = await begin({ jobId, batchId: BatchId, from: attempt, as })
      return readBegun(String(kind), rest, askedAt)
    },

    /** Records the end of an attempt. `false`: another process has continued with the job. */
    async settle(
      jobId: string,
      { round, attempt, state, nextInMs, statusCode, endsInMs = 0 }: Settlement,
    ): Promise<boolean> {
      const touched = { outcome: keys.outcome(jobId), dispatch: keys.dispatch(jobId) }
      const noted = await runScript(redis, scripts.settle, touched, {
        call: `${round}.${attempt}`,
        state,
        nextInMs: Math.ceil(nextInMs),
        statusCode,
        endsInMs: Math.ceil(endsInMs),
      })
      return noted === 1
    },

    /**
     * Writes the outcome if there is none and the guard permits it. Erases the payload if the job succeeded; otherwise
     * keeps it for `failedPayloadHours`, for a retry.
     */
    async finish(jobId: string, outcome: NewOutcome, onlyIf?: Guard): Promise<Finished> {
      const { status, statusCode, createdAt, maxAttempts, recovered = false, announce, claims, result } = outcome
      const { application, BatchId, ItemIndex } = outcome.routing
      const binding = { kind: 'result', application, jobId } as const
      const said = await finish({
        jobId,
        guard: typeof onlyIf === 'object' ? `${onlyIf.round}.${onlyIf.attempt}` : onlyIf,
        payloadMs: status === 'Succeeded' ? 0 : failedPayloadMs,
        announce,
        application,
        batchId: BatchId,
        index: ItemIndex,
        letter: itemLetters[status],
        status,
        statusCode,
        createdAt,
        maxAttempts,
        recovered,
        result: seal(sealingKeys, Buffer.from(JSON.stringify(result)), binding),
        claims: claims && result.EncounterId ? hashesOf(result.EncounterId, sealingKeys).join() : undefined,
      })
      if (said === 'recorded') tally.ended(status)
      return said
    },

    /** The latest call of a job without outcome, and whether the encounter may exist in the EMR. */
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

    /**
     * Records that a process died while it ran the job; returns how many died in this round while running only this
     * job.
     */
    async died(jobId: string, alone: boolean): Promise<number> {
      const touched = { pending: keys.pending, dispatch: keys.dispatch(jobId) }
      return runScript(redis, scripts.died, touched, { jobId, alone })
    },

    /**
     * Opens a new round of attempts for a job that ended without success, or returns why it cannot. A batch item then
     * waits for its turn (`lined up`); the caller must queue any other job.
     */
    async reopen(jobId: string, routing: Routing): Promise<Reopened> {
      const { application } = routing
      const item = itemOf(routing)
      const touched = {
        ...keys,
        outcome: keys.outcome(jobId),
        dispatch: keys.dispatch(jobId),
        payload: keys.payload(jobId),
        history: keys.history(jobId),
        backlog: keys.backlog(application),
        queued: keys.queued(jobId),
      }
      const terms = { deadlineMs, payloadMs, resultMs }
      const { BatchId: batchId, ItemIndex: index } = item ?? {}
      return runScript(redis, scripts.reopen, touched, { base, jobId, ...terms, application, batchId, index })
    },

    /**
     * Checks up to `atMost` reopened jobs, those first that were not checked for the longest. `stuck`: jobs that BullMQ
     * will not run by itself. Skips jobs reopened or checked less than 4 s ago, which the api may be about to queue.
     */
    async reopened(atMost: number): Promise<{ looked: number; stuck: string[] }> {
      const [looked, stuck] = await runScript(redis, scripts.reopened, keys, { base, atMost, leftMs: REOPENED_LEFT_MS })
      return { looked, stuck }
    },

    /**
     * Compares the counts for `maxPending` with the number of pending jobs, in one short script. If they differ, recounts up to
     * `atMost` jobs, beginning where the last call ended. `applications`: the configured ones.
     */
    async recount(
      applications: readonly string[],
      atMost: number,
    ): Promise<{ kind: 'exact' | 'counting' | 'again' } | { kind: 'corrected'; from: number; to: number }> {
      const each = applications.map((application) => ({ application }))
      const [kind, from, to] = await runScript(redis, scripts.recount, keys, { base, atMost }, each)
      return kind === 'corrected' ? { kind, from, to } : { kind }
    },

    /** Whether a job is a batch item that waits for its turn, so that BullMQ has no job for it yet. */
    async waitsForTurn(routing: Routing): Promise<boolean> {
      const item = itemOf(routing)
      if (!item) return false
      return (await redis.getrange(keys.items(item.BatchId), item.ItemIndex, item.ItemIndex)) === 'q'
    },

    /** Opens the request of a job, as accepted. */
    openPayload(jobId: string, application: string, stored: Buffer): Buffer {
      return open(sealingKeys, sealedPartOf(stored), { kind: 'payload', application, jobId })
    },

    /** The application, batch and index of a batch item, also before its turn; `undefined` for any other job. */
    async itemRouting(jobId: string): Promise<(Routing & BatchItemRef) | undefined> {
      return routingIn(await redis.getrangeBuffer(keys.payload(jobId), 0, ITEM_HEAD_AT_MOST - 1))
    },

    /** Whether the job has an outcome that is still kept. */
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

/** An EncounterId hashed for a key, with every configured sealing key, so that claims survive a rotation. */
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
