import { takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { msSince } from '@encounter-gateway/shared/moment.ts'
import { unpackPayload } from '@encounter-gateway/shared/sealing/payload.ts'
import type { ConnectionAtWork } from './connection-at-work.ts'
import type { EmrCall, EncounterFound, EncounterOrder } from '../emr/emr.ts'
import { EmrError } from '../emr/emr-error.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { BrokenOff, HeldByBreaker } from './breaker.ts'
import { limitCall } from './call-limit.ts'
import type { Answer, Call } from './decide.ts'
import { LoginHeld, openLoginGate, type LoginGate } from './login-gate.ts'

const VERBOSE = { level: 'debug' }

/**
 * The call is not made: this process was suspended after marking it, so others may assume it has ended, or the process
 * must end.
 */
class TooLate extends Error {
  override name = 'TooLate'
}

/** The job that the call is for; `acceptedAt` in ms since the epoch. */
export type CalledFor = { jobId: string; application: string; acceptedAt: number }

/**
 * One call to the EMR: bounded in time, counted by the breaker, reported in one log line. `action` creates the
 * encounter if the call may be made (`go`), and asks for it if an earlier call is in doubt. Never throws.
 */
export async function callEmr<T extends EncounterFound | undefined>(
  { jobId, application, acceptedAt }: CalledFor,
  at: ConnectionAtWork,
  call: Call,
  action: (order: EncounterOrder, limits: EmrCall) => Promise<T>,
): Promise<Answer<T>> {
  const { connection } = at
  const creating = call.kind === 'go'
  if (call.kind === 'go' && !call.confirmed) return { kind: 'unconfirmed' }
  const startedAt = performance.now()
  let verbose = false
  let called = false
  let gate: (() => LoginGate) | undefined
  const { logins } = at.records
  const report = (outcome: string, code: number, more: object = {}) => {
    const ms = Math.round(performance.now() - startedAt)
    const event = creating ? 'encounter.attempted' : 'encounter.reconciled'
    const log = verbose ? at.attempts.child({}, VERBOSE) : at.attempts
    log.info({ job: jobId, attempt: call.attempt, of: connection.maxAttempts, ms, outcome, code, ...more }, event)
    at.records.tally.called(creating ? 'create' : 'find', code, ms)
    at.attempted({ outcome, code, ms })
  }
  try {
    const payload = unpackPayload(at.records.jobs.openPayload(jobId, application, call.payload))
    const { credentials, request } = payload
    verbose = payload.verbose
    gate = () => openLoginGate(at, { jobId, application, credentials })
    await untilMoment(call, at.stopping)
    const attempts = call.kind === 'dangling' ? attemptsBefore(call, acceptedAt, connection) : {}
    const encounter = takeEncounter(request)
    const order = { correlationKey: jobId, encounter, credentials, mayExist: call.doubt, ...attempts }
    // counted from the mark: after this time others assume that the call has ended
    const leftMs = () => Math.ceil(connection.timeoutMs - (creating ? msSince(call.askedAt) : 0))
    const { signal, release } = limitCall(at.stopping, Math.max(leftMs(), 0))
    const value = await at.breaker.call(call.probing, creating ? 'creation' : 'question', async () => {
      // nearly always: without a refusal lately no login is looked at
      if (!logins.areQuiet) await gate?.().pass()
      if (at.stopping.aborted || leftMs() <= 0) throw new TooLate('the call would come too late')
      called = true
      const answer = action(order, {
        signal,
        // few calls have anything to add
        get log() {
          return at.log.child({ job: jobId }, verbose ? VERBOSE : {})
        },
        ...(call.probing && { probes: true }),
        ...(creating && { isLate: () => leftMs() <= 0 }),
      })
      return await answer.catch((error: unknown) => {
        throw at.stopping.aborted ? new BrokenOff('the gateway must end', { cause: error }) : error
      })
    })
    if (!logins.areQuiet) await gate().accepted()
    // after a failure the signal must still end what the connector may have left behind
    release()
    if (creating) report('created', 201)
    else report(value ? 'found' : 'absent', value ? 201 : 404)
    return { kind: 'answered', value }
  } catch (caught) {
    const error = caught instanceof BrokenOff ? caught.cause : caught
    if (error instanceof HeldByBreaker) return { kind: 'held' }
    if (error instanceof TooLate) {
      report('held up', 0)
      return { kind: 'late' }
    }
    if (error instanceof LoginHeld) return { kind: 'loginHeld', login: error.login, forMs: error.forMs }
    if (error instanceof EmrError) {
      const outcome = error.outcomeUnknown ? 'unknown' : 'refused'
      report(outcome, error.code, { reason: error.message, again: error.retry })
      const held = error.refusedLogin && (await gate?.().refused(error.refusedLogin))
      return held ? { kind: 'loginHeld', login: held.login, forMs: held.forMs } : { kind: 'failed', error }
    }
    report('fault', 500)
    at.log.error({ job: jobId, err: error }, 'encounter.fault')
    if (!called) return { kind: 'fault' }
    // an internal fault, perhaps after the EMR had created the encounter
    const about = { outcomeUnknown: true, retry: false }
    return { kind: 'failed', error: new EmrError(500, 'the gateway failed while calling the EMR', about) }
  }
}

/** Waits for the moment that the rate gives to the call; not while the process is stopping. */
async function untilMoment({ askedAt }: Call, signal: AbortSignal): Promise<void> {
  const waitMs = -msSince(askedAt)
  if (waitMs > 0) await pause(waitMs, undefined, { signal }).catch(() => undefined)
}

/**
 * When the attempts in doubt were made. A mark written by an older version lacks the time of the first one: it was not
 * before the acceptance.
 */
function attemptsBefore(
  { firstAttemptAt, now, sinceMs }: Extract<Call, { kind: 'dangling' }>,
  acceptedAt: number,
  { timeoutMs, settleMs }: ConnectionAtWork['connection'],
) {
  return { firstAttemptAt: firstAttemptAt ?? acceptedAt, lastAttemptOverAt: now - sinceMs + timeoutMs + settleMs }
}
