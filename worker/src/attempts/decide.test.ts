import { expect, test } from 'vitest'
import { thisMoment } from '@encounter-gateway/shared/moment.ts'
import { Undecided } from '../emr/claim.ts'
import type { EncounterFound } from '../emr/emr.ts'
import { EmrError } from '../emr/emr-error.ts'
import {
  afterBegin,
  afterCreate,
  afterQuestion,
  afterTakeOver,
  type Answer,
  type Call,
  type Next,
  type Policy,
} from './decide.ts'

const policy: Policy = { maxAttempts: 5, onUnknownOutcome: 'reconcile', timeoutMs: 10_000, settleMs: 2_000, asks: true }
const stop: Policy = { ...policy, onUnknownOutcome: 'stop' }
const resend: Policy = { ...policy, onUnknownOutcome: 'resend', asks: false }
const circumstances = { sinceAskedMs: 3_000, stopping: false, backoffMs: 700, awayMs: 900 }
const encounter: EncounterFound = { EncounterId: 'E-1', AlternativeIdentifiers: [], NotCarried: [] }
const payload = Buffer.alloc(0)
const common = { round: 1, payload, deadlineInMs: 60_000, probing: false, askedAt: thisMoment() }
const go = { kind: 'go', ...common, attempt: 1, doubt: false, waits: 0, sentAt: 1, confirmed: true } as const
const unknown = {
  kind: 'dangling',
  suspected: false,
  ...common,
  attempt: 1,
  doubt: true,
  state: 'unknown',
  sinceMs: 2_000,
  statusCode: 502,
  firstAttemptAt: 1_000,
  now: 9_000,
} as const
const dispatching = { ...unknown, state: 'dispatching', sinceMs: 12_000, statusCode: undefined } as const

const refused = (code: 400 | 401 | 403 | 500) => failed(new EmrError(code, 'no'))
const unreachable = failed(new EmrError(502, 'out of reach', { unspent: 'unreachable' }))
const away = failed(new EmrError(502, 'reached, but nothing was done'))
const busy = failed(new EmrError(502, 'busy', { retryAfterMs: 4_000, unspent: 'busy' }))
const noAnswer = failed(new EmrError(408, 'no answer'))
const brokenOff = failed(new EmrError(502, 'broken off', { outcomeUnknown: true }))
const unreadable = failed(new EmrError(502, 'unreadable', { outcomeUnknown: true, answered: true }))
const ourFault = failed(new EmrError(500, 'the gateway failed', { outcomeUnknown: true, retry: false }))

/** One decision in a few words, as in DESIGN's table. */
function words(next: Next): string {
  switch (next.step) {
    case 'call':
      return 'call'
    case 'ask':
      return 'ask'
    case 'takeOver':
      return `take over attempt ${next.attempt} as ${next.as}`
    case 'end': {
      const { status, statusCode, recovered } = next.ending
      const guard =
        typeof next.onlyIf === 'object' ? ` if ${next.onlyIf.round}.${next.onlyIf.attempt}` : ` ${next.onlyIf ?? ''}`
      return `${status} ${statusCode}${recovered ? ' recovered' : ''}${guard.trimEnd()}`
    }
    case 'again':
      return `again in ${next.inMs}${noted(next)}${next.holdMs === undefined ? '' : `, hold ${next.holdMs}`}`
    case 'giveBack':
      return `give back for ${next.inMs}${noted(next)}`
    case 'park':
      return `park${noted(next)}${next.busy ? `, hold ${next.busy.forMs}` : ''}`
    default:
      return 'leave'
  }
}

function noted({ settlement }: Extract<Next, { settlement?: unknown }>): string {
  if (!settlement) return ''
  const { round, attempt, state, endsInMs, waitsFor } = settlement
  return `, ${round}.${attempt} ${state}${waitsFor ? ` ${waitsFor}` : ''}${endsInMs ? `, at work for ${endsInMs}` : ''}`
}

type Row = [what: string, next: Next, expected: string]
const create = (answer: Answer<EncounterFound>, call: Partial<typeof go> | object = {}, by = policy, more = {}): Next =>
  afterCreate(answer, { ...go, ...call }, by, { ...circumstances, ...more })
const asked = (answer: Answer<EncounterFound | undefined>, call: object = {}, by = policy, more = {}): Next =>
  afterQuestion(answer, { ...unknown, ...call }, by, { ...circumstances, ...more })
const loginHeld = { kind: 'loginHeld', login: 'l', forMs: 5_000 } as const
const answered = { kind: 'answered', value: encounter } as const
const absent = { kind: 'answered', value: undefined } as const

test.each<Row>([
  ['leave to call', afterBegin(go, policy), 'call'],
  ['the breaker is open', afterBegin({ kind: 'parked', forMs: 9 }, policy), 'park'],
  ['the deadline has passed', afterBegin({ kind: 'expired', doubt: false }, policy), 'Expired 408 undispatched'],
  [
    'the deadline has passed, out of reach',
    afterBegin({ kind: 'expired', doubt: false, waitsFor: 'unreachable' }, policy),
    'Expired 502 undispatched',
  ],
  ['the deadline has passed in doubt', afterBegin({ kind: 'expired', doubt: true }, policy), 'OutcomeUnknown 408'],
  ['the batch was cancelled', afterBegin({ kind: 'cancelled' }, policy), 'Cancelled 409 cancelledWithBatch'],
  ['the request is gone', afterBegin({ kind: 'erased', doubt: false }, policy), 'Failed 500'],
  ['the request is gone, in doubt', afterBegin({ kind: 'erased', doubt: true }, policy), 'OutcomeUnknown 408'],
  ['ended already', afterBegin({ kind: 'finished' }, policy), 'leave'],
  ['never accepted', afterBegin({ kind: 'unaccepted' }, policy), 'leave'],
  ['a dangling call', afterBegin(dispatching, policy), 'ask'],
  ['a dangling call, policy stop', afterBegin(dispatching, stop), 'OutcomeUnknown 408 if 1.1'],
  ['the first of a new round, policy stop', afterBegin({ ...unknown, attempt: 0 }, stop), 'ask'],
  [
    'one that only the store may have forgotten, policy stop',
    afterBegin({ ...unknown, attempt: 0, suspected: true }, stop),
    'OutcomeUnknown 408 if 1.0',
  ],
  ['a dangling call, policy resend', afterBegin(dispatching, resend), 'take over attempt 1 as resend'],
  ['the same while it may still run', afterBegin({ ...dispatching, sinceMs: 11_999 }, resend), 'give back for 1'],
  ['the same, ended just now', afterBegin({ ...unknown, sinceMs: 500 }, resend), 'give back for 1500'],
  ['the last attempt, policy resend', afterBegin({ ...unknown, attempt: 5 }, resend), 'OutcomeUnknown 408 if 1.5'],
  ['overtaken while taking over', afterTakeOver(dispatching, policy, circumstances), 'give back for 700'],
  ['leave after taking over', afterTakeOver(go, policy, circumstances), 'call'],
  [
    'expired while taking over',
    afterTakeOver({ kind: 'expired', doubt: false }, policy, circumstances),
    'Expired 408 undispatched',
  ],
  ['the breaker opened while taking over', afterTakeOver({ kind: 'parked', forMs: 9 }, policy, circumstances), 'park'],
])('a start: %s', (_, next, expected) => {
  expect(words(next)).toBe(expected)
})

test.each<Row>([
  ['created', create(answered), 'Succeeded 201'],
  ['kept back by the breaker', create({ kind: 'held' }), 'park, 1.1 unspent'],
  ['suspended before the call', create({ kind: 'late' }), 'give back for 0, 1.1 unspent'],
  ['too few replicas have the mark', create({ kind: 'unconfirmed' }), 'give back for 700, 1.1 unspent'],
  ['a login that the EMR refuses', create(loginHeld), 'give back for 5000, 1.1 unspent login'],
  ['our fault before the call', create({ kind: 'fault' }), 'Failed 500 if 1.1'],
  ['our fault before the call, in doubt', create({ kind: 'fault' }, { doubt: true }), 'OutcomeUnknown 408 if 1.1'],
  ['our fault during the call', create(ourFault), 'again in 700, 1.1 unknown, at work for 7000'],
  ['our fault during the call, policy stop', create(ourFault, {}, stop), 'OutcomeUnknown 408 if 1.1'],
  ['content refused', create(refused(400)), 'Failed 400 if 1.1'],
  ['login refused', create(refused(401)), 'Failed 401 if 1.1'],
  ['user refused', create(refused(403)), 'Failed 403 if 1.1'],
  ['EMR failed for good', create(refused(500)), 'Failed 500 if 1.1'],
  ['content refused, in doubt', create(refused(400), { doubt: true }), 'OutcomeUnknown 408 if 1.1'],
  ['out of reach', create(unreachable), 'give back for 900, 1.1 unspent unreachable'],
  ['out of reach, last attempt', create(unreachable, { attempt: 5 }), 'give back for 900, 1.5 unspent unreachable'],
  ['out of reach, in doubt', create(unreachable, { doubt: true }), 'give back for 900, 1.1 unspent unreachable'],
  ['out of reach, probing', create(unreachable, { probing: true }), 'park, 1.1 unspent unreachable'],
  ['out of reach, policy stop', create(unreachable, {}, stop), 'give back for 900, 1.1 unspent unreachable'],
  ['out of reach, stopping', create(unreachable, {}, policy, { stopping: true }), 'give back for 0, 1.1 unspent'],
  ['nothing done, though reached', create(away), 'again in 700, 1.1 rejected, at work for 7000'],
  ['nothing done, last attempt', create(away, { attempt: 5 }), 'Failed 502 if 1.5'],
  ['nothing done, last attempt, in doubt', create(away, { attempt: 5, doubt: true }), 'OutcomeUnknown 408 if 1.5'],
  ['nothing done, probing, last attempt', create(away, { probing: true, attempt: 5 }), 'park, 1.5 unspent'],
  ['content refused, stopping', create(refused(400), {}, policy, { stopping: true }), 'Failed 400 if 1.1'],
  ['busy', create(busy), 'park, 1.1 unspent busy, hold 4000'],
  ['busy, last attempt', create(busy, { attempt: 5 }), 'park, 1.5 unspent busy, hold 4000'],
  ['busy, probing', create(busy, { probing: true }), 'park, 1.1 unspent busy, hold 4000'],
  ['no answer', create(noAnswer), 'again in 700, 1.1 unknown, at work for 7000'],
  ['no answer, past the time-out', create(noAnswer, {}, policy, { sinceAskedMs: 11_000 }), 'again in 700, 1.1 unknown'],
  ['no answer, last attempt', create(noAnswer, { attempt: 5 }), 'again in 9000, 1.5 unknown, at work for 7000'],
  ['no answer, policy stop', create(noAnswer, {}, stop), 'OutcomeUnknown 408 if 1.1'],
  ['no answer, policy resend', create(noAnswer, {}, resend), 'again in 700, 1.1 unknown, at work for 7000'],
  ['no answer, probing', create(noAnswer, { probing: true }), 'again in 700, 1.1 unknown, at work for 7000'],
  [
    'no answer, stopping',
    create(noAnswer, {}, policy, { stopping: true }),
    'give back for 0, 1.1 unknown, at work for 7000',
  ],
  ['broken off', create(brokenOff), 'again in 700, 1.1 unknown, at work for 7000'],
  ['broken off, policy stop', create(brokenOff, {}, stop), 'OutcomeUnknown 408 if 1.1'],
  ['unreadable answer', create(unreadable), 'again in 700, 1.1 unknown'],
  ['unreadable answer, last attempt', create(unreadable, { attempt: 5 }), 'again in 2000, 1.5 unknown'],
])('a call that would create: %s', (_, next, expected) => {
  expect(words(next)).toBe(expected)
})

test.each<Row>([
  ['found', asked(answered), 'Succeeded 201 recovered'],
  ['absent', asked(absent), 'take over attempt 1 as absent'],
  ['absent, but not long enough', asked(absent, { sinceMs: 1_999 }), 'give back for 1'],
  ['absent, the call may still run', asked(absent, { ...dispatching, sinceMs: 9_000 }), 'give back for 3000'],
  ['absent after the last attempt', asked(absent, { attempt: 5 }), 'Failed 502 if 1.5'],
  ['absent after our fault', asked(absent, { statusCode: 500 }), 'Failed 500 if 1.1'],
  ['answered, but alike', asked(failed(new Undecided('alike'))), 'OutcomeUnknown 408 if 1.1'],
  ['kept back by the breaker', asked({ kind: 'held' }), 'park'],
  ['no answer', asked(noAnswer), 'again in 700'],
  ['busy', asked(busy), 'park, hold 4000'],
  ['busy, past the deadline', asked(busy, { deadlineInMs: 0 }), 'OutcomeUnknown 408 if 1.1'],
  ['no answer, past the deadline', asked(noAnswer, { deadlineInMs: 0 }), 'OutcomeUnknown 408 if 1.1'],
  ['no answer, stopping', asked(noAnswer, {}, policy, { stopping: true }), 'give back for 0'],
  ['refused', asked(refused(403)), 'OutcomeUnknown 408 if 1.1'],
  ['our fault', asked({ kind: 'fault' }), 'OutcomeUnknown 408 if 1.1'],
])('a question: %s', (_, next, expected) => {
  expect(words(next)).toBe(expected)
})

test('what a call that reached nobody leaves behind never counts as in doubt', () => {
  const calls: Partial<Call>[] = [{}, { probing: true }, { attempt: 5 }]
  for (const by of [policy, stop, resend]) {
    for (const call of calls) {
      const next = create(unreachable, call, by)
      expect(words(next)).not.toMatch(/unknown/i)
    }
  }
})

function failed(error: EmrError) {
  return { kind: 'failed', error } as const
}
