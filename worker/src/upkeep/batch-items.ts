import type { Batches, StoredBatch } from '@encounter-gateway/shared/records/batches.ts'
import type { BatchItemRef, ItemLetter, RoutedJob } from '@encounter-gateway/shared/records/routing.ts'

const AT_ONCE = 200

/** An item of a batch as its batch knows it; `createdAt` is when the batch was begun. */
export type BatchItemAt = RoutedJob & { state: ItemLetter; routing: BatchItemRef }

/**
 * The items of a batch in one of these states, in order, one stretch at a time; a stretch may be empty. Throws if the
 * sealing key from which the batch's JobIds are derived is not configured.
 */
export async function* batchItems(
  batches: Batches,
  batch: StoredBatch,
  letters: readonly ItemLetter[],
): AsyncGenerator<BatchItemAt[]> {
  const { batchId: BatchId, application, view } = batch
  const createdAt = Date.parse(view.CreatedAt)
  for (let first = 0; ; first += AT_ONCE) {
    const states = await batches.states(BatchId, first, AT_ONCE)
    const found = [...states.entries()].filter(([, state]) => letters.includes(state))
    const indexes = found.map(([offset]) => first + offset)
    const jobIds = await batches.jobIdsOf(batch, indexes)
    yield found.map(([, state], at) => {
      const routing = { application, BatchId, ItemIndex: indexes[at] as number }
      return { jobId: jobIds[at] as string, state, routing, createdAt }
    })
    if (states.length < AT_ONCE) return
  }
}
