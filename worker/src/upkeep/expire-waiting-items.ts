import type { ConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import type { GoOn } from '@encounter-gateway/shared/records/lease.ts'
import { expired } from '../attempts/endings.ts'
import { batchItems } from './batch-items.ts'

/**
 * Ends the overdue batch items whose turn has not come, found by their batches: an item's place is stored in its
 * request, which has been erased if no worker ran until a day after the deadline. `false`: it stopped early, or a
 * batch's sealing key is missing (`turns.failed` names it), so there may be more of them.
 */
export async function expireWaitingItems(records: ConnectionRecords, now: number, goOn: GoOn): Promise<boolean> {
  let all = true
  for await (const batchId of records.batches.mayHaveExpired(now)) {
    if (!(await expireItemsOf(records, batchId, now, goOn))) all = false
    if (!(await goOn())) return false
  }
  return all
}

async function expireItemsOf(
  { batches, jobs }: ConnectionRecords,
  batchId: string,
  now: number,
  goOn: GoOn,
): Promise<boolean> {
  const batch = await batches.read(batchId)
  if (!batch) return true
  if (!batches.canName(batch)) return false
  for await (const waiting of batchItems(batches, batch, ['q'])) {
    if (!(await goOn())) return false
    const deadlines = await jobs.deadlines(waiting.map(({ jobId }) => jobId))
    const overdue = waiting.filter((_, n) => (deadlines[n] ?? Infinity) <= now)
    await Promise.all(
      overdue.map(async (item) => {
        if ((await jobs.end(item, expired(), 'undispatched')) === 'dispatched') await jobs.queueNow(item)
      }),
    )
  }
  return true
}
