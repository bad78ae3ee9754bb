import { createHmac } from 'node:crypto'
import type { EncounterCreated } from '../contract/encounter-created.ts'
import type { TerminalStatus } from '../contract/job.ts'
import { problem, type Problem } from '../contract/problem.ts'
import { open, seal, type SealingKeys } from '../sealing/seal.ts'
import { coalesce } from './coalesce.ts'
import type { RecordsContext } from './context.ts'
import type { CallName } from './dispatch.ts'
import { FINISHED_CHANNEL } from './keys.ts'
import { itemLetters, type RoutedJob } from './routing.ts'
import { runScript, type Values } from '../redis/script.ts'
import { scripts, type Finished } from './scripts.ts'

/** The sealed part of an outcome: the identifiers of the encounter, or the problem. */
export type Result = Partial<EncounterCreated> & { NotCarried?: string[]; Problem?: Problem }

/** How a job ended, to be recorded. */
export type Ending = {
  status: TerminalStatus
  /** The response code for the client. */
  statusCode: number
  result: Result
  /** The encounter was found in the EMR, not created by this attempt. */
  recovered?: boolean
  /** The encounter was found by similarity, not by key: no other job may get the same EncounterId. */
  claims?: boolean
}

/** What a person found out about a job in doubt. */
export type Resolved = Pick<Ending, 'statusCode' | 'result'> & { status: 'Succeeded' | 'Failed' }

/**
 * The condition for writing an outcome. `undispatched`: the encounter surely does not exist in the EMR;
 * `cancelledWithBatch`: the same, and the batch of the job is cancelled; the name of a call: no later attempt has
 * begun.
 */
export type Guard = 'undispatched' | 'cancelledWithBatch' | CallName

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

/** Records how jobs end, and reads it. */
export function openOutcomes(context: RecordsContext) {
  const { redis, keys, terms, sealingKeys, connection, announced, ended, tally, seen } = context
  const about = { base: keys.base, channel: FINISHED_CHANNEL, keptMs: terms.resultMs, repeatMs: terms.repeatMs }
  const finish = coalesce(async (jobs: Values<typeof scripts.finish.each>[]) =>
    seen.splitOff(await runScript(redis, scripts.finish, keys, { ...about, seen: seen.count }, jobs)),
  )

  return {
    async end({ jobId, routing, createdAt }: RoutedJob, ending: Ending, onlyIf?: Guard): Promise<Finished> {
      const { status, statusCode, result, recovered = false, claims = false } = ending
      const { application, BatchId: batchId, ItemIndex: index } = routing
      const said = await finish({
        jobId,
        guard: typeof onlyIf === 'object' ? `${onlyIf.round}.${onlyIf.attempt}` : onlyIf,
        payloadMs: status === 'Succeeded' ? 0 : terms.failedPayloadMs,
        announce: announced.has(application),
        application,
        batchId,
        index,
        letter: itemLetters[status],
        status,
        statusCode,
        createdAt,
        maxAttempts: connection.maxAttempts,
        recovered,
        result: seal(sealingKeys, Buffer.from(JSON.stringify(result)), { kind: 'result', application, jobId }),
        claims: claims && result.EncounterId ? hashesOf(result.EncounterId, sealingKeys).join() : undefined,
      })
      if (said === 'recorded') {
        tally.ended(status)
        ended?.()
      }
      return said
    },

    async resolve(jobId: string, application: string, { status, statusCode, result }: Resolved): Promise<boolean> {
      const touched = {
        ...keys,
        outcome: keys.outcome(jobId),
        payload: keys.payload(jobId),
        history: keys.history(jobId),
      }
      const said = await runScript(redis, scripts.resolve, touched, {
        ...about,
        jobId,
        status,
        statusCode,
        result: seal(sealingKeys, Buffer.from(JSON.stringify(result)), { kind: 'result', application, jobId }),
        announce: announced.has(application),
        letter: itemLetters[status],
      })
      if (said !== 'resolved') return false
      tally.ended(status)
      ended?.()
      return true
    },

    async hasEnded(jobId: string): Promise<boolean> {
      return (await redis.exists(keys.outcome(jobId))) === 1
    },

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

/** Its application cancelled it, alone or with its batch, before it was sent to the EMR. */
export function cancelled(): Ending {
  const Problem = problem('cancelled', 'Its application cancelled the job before it was sent to the EMR.')
  return { status: 'Cancelled', statusCode: 409, result: { Problem } }
}

/** An EncounterId hashed for a key, with every configured sealing key, so that claims survive a rotation. */
function hashesOf(encounterId: string, sealingKeys: SealingKeys): string[] {
  return sealingKeys.map(({ derivationSecret }) =>
    createHmac('sha256', derivationSecret).update(encounterId).digest('base64url'),
  )
}
