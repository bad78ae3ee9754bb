import type { BatchRetry } from '@encounter-gateway/shared/contract/batch.ts'
import type { FoundBatch } from '../jobs/own-batch.ts'
import type { Payload } from '@encounter-gateway/shared/sealing/payload.ts'
import { letIn } from '../jobs/cancel-and-retry.ts'
import { Refusal } from '../http/refusal.ts'

const ITEMS_AT_ONCE = 500

/** The states that can be retried, and the letter of each. */
export const retryable = { Failed: 'f', OutcomeUnknown: 'u', Expired: 'x', Cancelled: 'c' } as const

/**
 * Begins a new round of attempts for the items of a batch that are in this state; they wait for their turn like any
 * other item. With `dryRun` they are only counted. If it breaks off, the items retried so far stay retried, and another
 * call does the rest. `credentials` replace those of these items, and of all that have not ended. Throws a 409 if the batch is being cancelled, also if that begins meanwhile.
 */
export async function retryBatch(
  { connection, batch }: FoundBatch,
  status: keyof typeof retryable,
  { dryRun, credentials }: { dryRun: boolean; credentials?: Payload['credentials'] | undefined },
): Promise<BatchRetry> {
  const { batches, jobs } = connection.records
  const { application, batchId: BatchId } = batch
  const createdAt = Date.parse(batch.view.CreatedAt)
  const renew = async (jobId: string, ItemIndex: number) => {
    if (credentials) await jobs.renew({ jobId, routing: { application, BatchId, ItemIndex }, createdAt }, credentials)
  }
  if (batch.view.Status === 'Cancelling' && !dryRun) throw beingCancelled()
  const result: BatchRetry = { Matching: 0, Retried: 0, Erased: 0 }
  if (credentials && !dryRun) await letIn(connection, { name: application }, credentials)
  for (let first = 0; ; first += ITEMS_AT_ONCE) {
    const states = await batches.states(BatchId, first, ITEMS_AT_ONCE)
    const matching = [...states.entries()].flatMap(([offset, state]) =>
      state === retryable[status] ? [first + offset] : [],
    )
    result.Matching += matching.length
    if (credentials && !dryRun) {
      const open = [...states.entries()].flatMap(([offset, state]) =>
        state === 'q' || state === 't' ? [first + offset] : [],
      )
      await Promise.all((await batches.jobIdsOf(batch, open)).map((jobId, at) => renew(jobId, open[at] as number)))
    }
    const jobIds = dryRun ? [] : await batches.jobIdsOf(batch, matching)
    const said = await Promise.all(
      jobIds.map(async (jobId, at) => {
        const ItemIndex = matching[at] as number
        await renew(jobId, ItemIndex)
        return jobs.retry({ jobId, routing: { application, BatchId, ItemIndex }, createdAt })
      }),
    )
    if (said.includes('cancelling')) throw beingCancelled()
    result.Retried += said.filter((each) => each === 'lined up').length
    // `unfinished`: the outcome has been deleted, too
    result.Erased += said.filter((each) => each === 'erased' || each === 'unfinished').length
    if (states.length < ITEMS_AT_ONCE) return result
  }
}

function beingCancelled(): Refusal {
  return new Refusal('conflict', 'The batch is being cancelled; its items can be retried once it has finished.')
}
