import { HOUR } from '@encounter-gateway/shared/durations.ts'
import type { GoOn } from '@encounter-gateway/shared/records/lease.ts'
import type { ConnectionAtWork } from '../attempts/connection-at-work.ts'

const AT_ONCE = 200

/** Closes uploads that broke off and were not resumed in time, so that their batches end. */
export async function closeAbandonedUploads(
  { records, config, log }: Pick<ConnectionAtWork, 'records' | 'config' | 'log'>,
  goOn: GoOn,
): Promise<void> {
  for (;;) {
    const afterMs = config.batches.abandonedAfterHours * HOUR
    const { looked, closed } = await records.batches.abandoned(afterMs, AT_ONCE)
    for (const batchId of closed) log.info({ batch: batchId }, 'upload.abandoned')
    if (looked < AT_ONCE || !(await goOn())) return
  }
}
