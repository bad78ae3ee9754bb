import { addStandardJob } from 'bullmq/dist/esm/scripts/addStandardJob-9.js'
import type { TerminalStatus } from '../contract/job.ts'
import type { RedisClient } from '../redis/connect.ts'
import { itemLetters } from './routing.ts'
import { defineCommands, scriptsIn } from '../redis/script.ts'

const scriptOf = scriptsIn(new URL('lua/', import.meta.url), 'eg-')
const letters = Object.values(itemLetters)
const terminalStatuses = Object.keys(itemLetters) as TerminalStatus[]

/** The keys of BullMQ's own script for adding a job, in its order. */
const bullmq = ['wait', 'paused', 'meta', 'id', 'completed', 'delayed', 'active', 'events', 'marker'] as const

/**
 * The transitions of a connection's records; each is one script, described at the top of its file. The types in angle
 * brackets are the replies.
 */
export const scripts = {
  accept: scriptOf<(1 | [jobId: string, fingerprint: string])[]>()(
    ['now', 'accept'],
    {
      keys: [...bullmq, 'failed', 'pending', 'depth'],
      args: {
        base: 'text',
        jobName: 'text',
        options: 'text',
        acceptedAt: 'number',
        deadlineMs: 'number',
        keptMs: 'number',
      },
      each: {
        jobId: 'text',
        payload: 'bytes',
        application: 'text',
        candidates: { name: 'text', fingerprint: 'text' },
      },
    },
    asFunction('add_to_bullmq', addStandardJob.content),
  ),

  begin: scriptOf<((Buffer | number)[] | Error | number)[]>()(['now', 'each', 'moves', 'begin'], {
    keys: ['pending', 'breaker', 'moves', 'logins', 'pace'],
    args: { base: 'text', seen: 'number', repeatMs: 'number', probeMs: 'number', intervalMs: 'number' },
    each: { jobId: 'text', batchId: 'text?', from: 'number?', as: ['absent', 'resend', undefined] },
  }),

  forgot: scriptOf<number>()(['now', 'moves', 'forgot'], { keys: ['moves', 'pending'] }),

  lastCall: scriptOf<[round: number, attempt: number, inDoubt: 0 | 1, waitsFor: WaitsFor | '']>()(
    ['now', 'moves', 'last-call'],
    {
      keys: ['pending', 'dispatch', 'moves'],
      args: { base: 'text', jobId: 'text', batchId: 'text?', repeatMs: 'number' },
    },
  ),

  settle: scriptOf<0 | 1>()(['now', 'settle'], {
    keys: ['outcome', 'dispatch'],
    args: {
      call: 'text',
      state: ['rejected', 'unknown', 'unspent'],
      nextInMs: 'number',
      statusCode: 'number',
      endsInMs: 'number',
      waitsFor: ['unreachable', 'busy', 'login', undefined],
      sentAt: 'number?',
    },
  }),

  breakerFailed: scriptOf<[kind: 'opened', forMs: number, cause: BreakerCause] | [kind: 'open' | 'closed']>()(
    ['now', 'breaker-failed'],
    {
      keys: ['breaker', 'calls'],
      args: {
        probe: 'flag',
        kind: ['answered', 'unanswered', 'unreachable'],
        openMs: 'number',
        longestMs: 'number',
        minimumCalls: 'number',
        failurePercent: 'number',
        inRow: 'number',
        windowMs: 'number',
        graceMs: 'number',
      },
    },
  ),

  breakerBusy: scriptOf<number>()(['now', 'breaker-busy'], {
    keys: ['hold', 'calls'],
    args: { askedMs: 'number' },
  }),

  loginRefused: scriptOf<number>()(['now', 'login-refused'], {
    keys: ['logins', 'refusedLogins', 'outbox'],
    args: {
      login: 'text',
      enough: 'number',
      trialMs: 'number',
      keptMs: 'number',
      application: 'text',
      jobId: 'text',
      announce: 'flag',
    },
  }),

  loginTrial: scriptOf<number>()(['now', 'login-trial'], {
    keys: ['logins', 'refusedLogins'],
    args: { login: 'text', trialMs: 'number' },
  }),

  loginAccepted: scriptOf<0 | 1>()(['login-accepted'], {
    keys: ['logins', 'refusedLogins'],
    args: { login: 'text' },
  }),

  renew: scriptOf<Renewed>()(['renew'], {
    keys: ['outcome', 'dispatch', 'payload', 'pending'],
    args: { jobId: 'text', sealed: 'bytes' },
  }),

  died: scriptOf<number>()(['died'], {
    keys: ['pending', 'dispatch'],
    args: { jobId: 'text', alone: 'flag' },
  }),

  finish: scriptOf<(Finished | Error | number)[]>()(['now', 'each', 'moves', 'keep-batch', 'end-batch', 'finish'], {
    keys: ['pending', 'outbox', 'depth', 'moves'],
    args: { base: 'text', channel: 'text', keptMs: 'number', seen: 'number', repeatMs: 'number' },
    each: {
      jobId: 'text',
      guard: 'text?',
      payloadMs: 'number',
      announce: 'flag',
      application: 'text',
      batchId: 'text?',
      index: 'number?',
      letter: letters,
      status: terminalStatuses,
      statusCode: 'number',
      createdAt: 'number',
      maxAttempts: 'number',
      recovered: 'flag',
      result: 'bytes',
      claims: 'text?',
    },
  }),

  reopen: scriptOf<Reopened>()(['now', 'line-up', 'keep-batch', 'reopen'], {
    keys: [
      'outcome',
      'dispatch',
      'payload',
      'pending',
      'history',
      'depth',
      'reopened',
      'cancelling',
      'turns',
      'fair',
      'backlog',
      'moves',
      'completed',
      'failed',
      'queued',
    ],
    args: {
      base: 'text',
      jobId: 'text',
      deadlineMs: 'number',
      payloadMs: 'number',
      resultMs: 'number',
      application: 'text',
      batchId: 'text?',
      index: 'number?',
      absent: 'flag',
    },
  }),

  reopened: scriptOf<[looked: number, stuck: string[]]>()(['now', 'reopened'], {
    keys: ['reopened', 'pending', 'completed', 'failed'],
    args: { base: 'text', atMost: 'number', leftMs: 'number' },
  }),

  recount: scriptOf<[kind: 'exact' | 'counting' | 'again'] | [kind: 'corrected', from: number, to: number]>()(
    ['recount'],
    {
      keys: ['depth', 'pending', 'recount'],
      args: { base: 'text', atMost: 'number' },
      each: { application: 'text' },
    },
  ),

  resolve: scriptOf<'resolved' | 'not in doubt'>()(['now', 'resolve'], {
    keys: ['outcome', 'payload', 'history', 'outbox'],
    args: {
      base: 'text',
      jobId: 'text',
      status: terminalStatuses,
      statusCode: 'number',
      result: 'bytes',
      keptMs: 'number',
      announce: 'flag',
      channel: 'text',
      letter: letters,
    },
  }),

  jobStates: scriptOf<string[]>()(['job-states'], {
    keys: ['pending'],
    args: { base: 'text' },
    each: { jobId: 'text' },
  }),

  indexEnded: scriptOf<number>()(['index-ended'], {
    keys: ['jobs'],
    args: { base: 'text', application: 'text', passed: 'number', atMost: 'number' },
  }),

  audit: scriptOf<string>()(['audit'], {
    keys: ['log', 'head'],
    args: { before: 'text', hash: 'text', start: 'text', at: 'text', keyId: 'text', entry: 'text' },
  }),

  batchAccept: scriptOf<
    | [kind: 'accepted', accepted: number, rejected: number]
    | [kind: 'differs', index: number]
    | [kind: 'cancelled']
    | [kind: 'closed' | 'abandoned', items: number]
  >()(['now', 'line-up', 'keep-batch', 'batch-accept'], {
    keys: [
      'batch',
      'items',
      'prints',
      'rejections',
      'pending',
      'jobs',
      'depth',
      'turns',
      'fair',
      'backlog',
      'receiving',
    ],
    args: {
      base: 'text',
      application: 'text',
      batchId: 'text',
      keyId: 'text',
      first: 'number',
      deadlineMs: 'number',
      payloadMs: 'number',
      resultMs: 'number',
      rejectionsAtMost: 'number',
      idempotency: 'text?',
    },
    each: { state: ['q', 'r'], print: 'bytes', jobId: 'text', sealed: 'bytes' },
  }),

  batchOfKey: scriptOf<[] | [batchId: string, keyId: string, known: 0 | 1]>()(['now', 'batch-of-key'], {
    keys: ['own'],
    args: { base: 'text', newBatchId: 'text?', newKeyId: 'text', keptMs: 'number' },
    each: { name: 'text', keyId: 'text' },
  }),

  batchReceived: scriptOf<'received' | 'shorter' | 'cancelled'>()(
    ['now', 'keep-batch', 'end-batch', 'batch-received'],
    {
      keys: ['batch', 'items', 'outbox', 'receiving'],
      args: { batchId: 'text', count: 'number', announce: 'flag', channel: 'text', keptMs: 'number' },
    },
  ),

  batchAbandoned: scriptOf<[looked: number, closed: string[]]>()(
    ['now', 'keep-batch', 'end-batch', 'batch-abandoned'],
    {
      keys: ['receiving', 'outbox'],
      args: { base: 'text', channel: 'text', afterMs: 'number', keptMs: 'number', atMost: 'number' },
      each: { application: 'text' },
    },
  ),

  batchCancel: scriptOf<'cancelling' | 'finished'>()(['now', 'keep-batch', 'end-batch', 'batch-cancel'], {
    keys: ['batch', 'outbox', 'backlog', 'cancelling'],
    args: { batchId: 'text', announce: 'flag', channel: 'text', keptMs: 'number' },
  }),

  turns: scriptOf<
    | [kind: 'empty', missing: string[]]
    | [kind: 'full' | 'busy']
    | [kind: 'turns', missing: string[], time: string, tags: string[], picked: unknown[]]
  >()(['turns'], {
    keys: ['turns', 'fair', 'turning', 'wait', 'paused', 'prioritized'],
    args: { base: 'text', window: 'number', atMost: 'number', lockMs: 'number', keys: { keyId: 'text' } },
    each: { application: 'text', share: 'number' },
  }),

  turnsTaken: scriptOf<number>()(['turns-taken'], {
    keys: ['batch', 'items'],
    each: { index: 'number' },
  }),

  turnsGiven: scriptOf<number>()(['turns-given'], {
    keys: ['turns', 'fair', 'turning'],
    args: { time: 'text' },
    each: { application: 'text', tag: 'text' },
  }),
}

/** The reply to writing an outcome; see finish.lua. */
export type Finished = 'recorded' | 'already' | 'dispatched' | 'superseded' | 'unaccepted' | 'claimed'

/**
 * Why a job's last call is no attempt: it reached nobody who could have acted on it, the EMR turned it away unread, or it
 * was not made because the EMR refuses the login.
 */
export type WaitsFor = 'unreachable' | 'busy' | 'login'

/** The reply to replacing a request's credentials; see renew.lua. */
export type Renewed = 'renewed' | 'running' | 'succeeded' | 'erased'

/**
 * Why the breaker opened: the share of failed calls, calls in a row without an answer, or calls in a row that reached
 * nobody.
 */
export type BreakerCause = 'failures' | 'unanswered' | 'unreachable'

/** The reply to opening a new round of attempts; see reopen.lua. */
export type Reopened = 'reopened' | 'lined up' | 'unfinished' | 'succeeded' | 'erased' | 'cancelling'

/** Defines the transitions on a Redis connection. */
export function defineScripts(redis: RedisClient): void {
  defineCommands(redis, Object.values(scripts))
}

/**
 * Whether Redis has lost the scripts (`SCRIPT FLUSH`). In a transaction ioredis does not notice it and never loads them
 * again on the same connection, so a new connection is required.
 */
export function hasLostScripts(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/**
 * Wraps a script of BullMQ as a function for one of ours, so that both run in one call and one transaction. BullMQ's
 * version is pinned, since its storage format is internal.
 */
function asFunction(name: string, script: string): string {
  return `local function ${name}(KEYS, ARGV)\n${script}\nend\n`
}
