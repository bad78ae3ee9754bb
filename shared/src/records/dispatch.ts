import { thisMoment, type Moment } from '../moment.ts'
import { open } from '../sealing/seal.ts'
import { coalesce } from './coalesce.ts'
import type { RecordsContext } from './context.ts'
import { sealedPartOf } from './item-payload.ts'
import type { RoutedJob } from './routing.ts'
import type { RedisClient } from '../redis/connect.ts'
import { runScript, type Values } from '../redis/script.ts'
import { scripts, type WaitsFor } from './scripts.ts'

export type { WaitsFor } from './scripts.ts'

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
  /** When the call may be made, a moment away if the rate demands it: not later than the time in the mark. */
  askedAt: Moment
}

/** The reply to a request to call the EMR; see begin.lua. */
export type Begun =
  /**
   * `waits`: how often calls of this job were not taken in a row; `sentAt`: as in the mark. Not `confirmed`: too few
   * replicas have the mark, so the call must not be made.
   */
  | ({ kind: 'go'; waits: number; sentAt: number; confirmed: boolean } & BegunCall)
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
      /** No call is recorded; it may have been in what the store forgot (moves.lua). */
      suspected: boolean
      /** Redis' clock when this was read. */
      now: number
    } & BegunCall)
  | { kind: 'parked'; forMs: number }
  | { kind: 'erased'; doubt: boolean }
  | { kind: 'expired'; doubt: boolean; waitsFor?: WaitsFor | undefined }
  | { kind: 'finished' | 'unaccepted' }
  /** cancelled with its batch; the encounter surely does not exist in the EMR */
  | { kind: 'cancelled' }

/** Identifies a call to the EMR: round, and attempt in that round. */
export type CallName = { round: number; attempt: number }

/** The end of an attempt that will be followed by another one. */
export type Settlement = CallName & {
  /** As in the mark: an attempt that was not spent has the same name as the next one. */
  sentAt?: number
  state: 'rejected' | 'unknown' | 'unspent'
  nextInMs: number
  statusCode: number
  /** How long the EMR may still be working on it, as far as known, without the connection's `settleMs`. Default 0. */
  endsInMs?: number
  /** Of an unspent attempt whose call the EMR did not take. */
  waitsFor?: WaitsFor | undefined
}

/** What is known of the latest call of a job without outcome; `inDoubt`: the encounter may exist in the EMR. */
export type LastCall = { inDoubt: boolean; call: CallName; waitsFor: WaitsFor | undefined }

/** A probe that is not over this long after its time-out lost its worker: another job becomes the probe. */
const PROBE_GRACE_MS = 2_000

/** Marks calls to the EMR before they are made, and records how they went; the mark is the record `dispatch`. */
export function openDispatch(context: RecordsContext) {
  const { redis, keys, sealingKeys, connection, seen, loginsSeen, terms, confirm } = context
  const probeMs = connection.timeoutMs + PROBE_GRACE_MS
  const about = { base: keys.base, repeatMs: terms.repeatMs, probeMs }
  const beginAll = async (on: RedisClient, jobs: Values<typeof scripts.begin.each>[]) => {
    // read anew: operators may have ordered another rate
    const intervalMs = 1_000 / (connection.requestsPerSecond ?? Infinity)
    const asked = { ...about, seen: seen.count, intervalMs }
    const replies = seen.splitOff(await runScript(on, scripts.begin, keys, asked, jobs, { inBytes: true }))
    loginsSeen.version = String(replies.pop())
    return replies
  }
  const begin = coalesce(async (jobs: Values<typeof scripts.begin.each>[]) => {
    const { reply, confirmed } = await confirm((on) => beginAll(on, jobs))
    return reply.map((each) => (each instanceof Error ? each : { reply: each, confirmed }))
  })

  return {
    async begin(
      jobId: string,
      { BatchId, attempt, as }: { BatchId?: string; attempt?: number; as?: 'absent' | 'resend' } = {},
    ): Promise<Begun> {
      const askedAt = thisMoment()
      const { reply, confirmed } = await begin({ jobId, batchId: BatchId, from: attempt, as })
      const [kind, ...rest] = reply
      const begun = readBegun(String(kind), rest, askedAt)
      return begun.kind === 'go' ? { ...begun, confirmed } : begun
    },

    async settle(
      jobId: string,
      { round, attempt, state, nextInMs, statusCode, endsInMs = 0, waitsFor, sentAt }: Settlement,
    ): Promise<boolean> {
      const touched = { outcome: keys.outcome(jobId), dispatch: keys.dispatch(jobId) }
      const noted = await runScript(redis, scripts.settle, touched, {
        call: `${round}.${attempt}`,
        state,
        nextInMs: Math.ceil(nextInMs),
        statusCode,
        endsInMs: Math.ceil(endsInMs),
        waitsFor,
        sentAt,
      })
      return noted === 1
    },

    async lastCall({ jobId, routing }: Pick<RoutedJob, 'jobId' | 'routing'>): Promise<LastCall> {
      const touched = { ...keys, dispatch: keys.dispatch(jobId) }
      const asked = { base: keys.base, jobId, batchId: routing.BatchId, repeatMs: terms.repeatMs }
      const [round, attempt, inDoubt, waitsFor] = await runScript(redis, scripts.lastCall, touched, asked)
      return { inDoubt: inDoubt === 1, call: { round, attempt }, waitsFor: waitsFor || undefined }
    },

    async compare(): Promise<void> {
      await beginAll(redis, [])
    },

    async hasDied(jobId: string): Promise<boolean> {
      return (await redis.hexists(keys.dispatch(jobId), 'deaths')) === 1
    },

    forgot: () => runScript(redis, scripts.forgot, keys, {}),

    died(jobId: string, { alone }: { alone: boolean }): Promise<number> {
      const touched = { pending: keys.pending, dispatch: keys.dispatch(jobId) }
      return runScript(redis, scripts.died, touched, { jobId, alone })
    },

    openPayload(jobId: string, application: string, stored: Buffer): Buffer {
      return open(sealingKeys, sealedPartOf(stored), { kind: 'payload', application, jobId })
    },
  }
}

function readBegun(kind: string, rest: (Buffer | number)[], askedAt: Moment): Begun {
  if (kind === 'parked') return { kind, forMs: Number(rest[0]) }
  if (kind === 'erased') return { kind, doubt: Number(rest[0]) === 1 }
  if (kind === 'expired')
    return {
      kind,
      doubt: Number(rest[0]) === 1,
      waitsFor: (String(rest[1] ?? '') || undefined) as WaitsFor | undefined,
    }
  if (kind !== 'go' && kind !== 'dangling') return { kind: kind as 'finished' | 'unaccepted' | 'cancelled' }
  const [round, attempt, payload, deadlineInMs, probing, state, sinceMs, code, firstSentAt, now, suspected] = rest
  const waitMs = Number(rest.at(-1))
  const call = {
    round: Number(round),
    attempt: Number(attempt),
    payload: payload as Buffer,
    deadlineInMs: Number(deadlineInMs),
    probing: Number(probing) === 1,
    doubt: kind === 'dangling' || Number(state) === 1,
    askedAt: { steady: askedAt.steady + waitMs, wall: askedAt.wall + waitMs },
  }
  if (kind === 'go') return { kind, ...call, waits: Number(sinceMs), sentAt: Number(code), confirmed: true }
  return {
    kind,
    ...call,
    state: String(state) as 'dispatching' | 'unknown',
    sinceMs: Number(sinceMs),
    statusCode: Number(code) || undefined,
    firstAttemptAt: Number(firstSentAt) || undefined,
    suspected: Number(suspected) === 1,
    now: Number(now),
  }
}
