import type { ConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import type { GoOn } from '@encounter-gateway/shared/records/lease.ts'
import { batchItems } from './batch-items.ts'

const LEASE = { name: 'cancelling-lease', ms: 30_000, givenBack: true }

/**
 * Ends the items of cancelled batches that were never sent to the EMR. Stops between two steps once `stopping` returns
 * true; the next run begins anew and skips what has ended. One process of the fleet at a time. If a batch fails, for
 * example because its sealing key is missing, the others are processed first and the error is thrown after that.
 */
export async function cancelBatches(records: ConnectionRecords, stopping: () => boolean): Promise<void> {
  if (!(await records.batches.cancelling(0))) return
  await records.underLease(LEASE, stopping, (goOn) => cancelAll(records, goOn))
}

async function cancelAll(records: ConnectionRecords, goOn: GoOn): Promise<void> {
  const { batches } = records
  const faults: unknown[] = []
  // those that stay must not hide the ones behind them
  for (;;) {
    const found = await batches.cancelling(faults.length)
    if (!found) break
    try {
      if (!(await cancelItems(records, found.batchId, goOn))) break
      await batches.cancelled(found.batchId, found.since)
    } catch (error) {
      faults.push(error)
    }
  }
  if (faults.length > 0) throw faults[0]
}

/** Whether it reached the end of the batch. */
async function cancelItems({ batches, jobs }: ConnectionRecords, batchId: string, goOn: GoOn): Promise<boolean> {
  const batch = await batches.read(batchId)
  if (!batch) return true
  for await (const live of batchItems(batches, batch, ['q', 't'])) {
    if (!(await goOn())) return false
    await Promise.all(
      live.map(async (item) => {
        const said = await jobs.cancel(item, { onlyIf: 'cancelledWithBatch', queued: item.state === 't' })
        // it gets no turn any more, and may have been sent in what the store forgot: a worker asks the EMR
        if (said === 'dispatched' && item.state === 'q') await jobs.queueNow(item)
      }),
    )
  }
  return true
}
