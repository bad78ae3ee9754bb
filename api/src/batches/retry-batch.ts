import type { BatchRetry } from '@encounter-gateway/shared/contract/batch.ts'
import type { FoundBatch } from '../jobs/own-batch.ts'

const ITEMS_AT_ONCE = 500

/** The states that can be tried again, by the letter that stands for them. */
export const retryable = { Failed: 'f', OutcomeUnknown: 'u' } as const

/**
 * Begins a new round of attempts for the items of a batch that are in this state; they wait for their turn like any other. With
 * `dryRun` they are only counted. Where it breaks off, what has been done stays, and the next call does the rest.
 */
export async function retryBatch(
  { connection, batch }: FoundBatch,
  status: keyof typeof retryable,
  dryRun: boolean,
): Promise<BatchRetry> {
  const { batches, records, turns } = connection
  const result: BatchRetry = { Matching: 0, Retried: 0, Erased: 0 }
  for (let first = 0; ; first += ITEMS_AT_ONCE) {
    const states = await batches.states(batch.batchId, first, ITEMS_AT_ONCE)
    const matching = [...states.entries()].filter(([, state]) => state === retryable[status])
    result.Matching += matching.length
    const said = await Promise.all(
      (dryRun ? [] : matching).map(([offset]) => {
        const ItemIndex = first + offset
        const routing = { application: batch.application, BatchId: batch.batchId, ItemIndex }
        return records.reopen(batches.jobIdOf(batch, ItemIndex), routing)
      }),
    )
    result.Retried += said.filter((each) => each === 'lined up').length
    // `unfinished`: the outcome itself is no longer kept either
    result.Erased += said.filter((each) => each === 'erased' || each === 'unfinished').length
    if (said.length > 0) turns.poke()
    if (states.length < ITEMS_AT_ONCE) return result
  }
}
