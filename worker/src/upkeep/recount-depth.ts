import type { GoOn } from '@encounter-gateway/shared/records/lease.ts'
import type { ConnectionAtWork } from '../attempts/connection-at-work.ts'

const AT_ONCE = 500
/** One round counts at most 50,000 jobs; the next one continues. */
const STEPS_AT_MOST = 100

/**
 * Keeps the count that `maxPending` is compared with equal to the pending jobs: a count that had drifted upwards would
 * refuse an application without reason. One short script if the two agree.
 */
export async function recountDepth(
  { records, log }: Pick<ConnectionAtWork, 'records' | 'log'>,
  goOn: GoOn,
): Promise<void> {
  for (let step = 0; step < STEPS_AT_MOST && (await goOn()); step++) {
    const { kind, ...sums } = await records.jobs.recount(AT_ONCE)
    if (kind === 'corrected') log.warn(sums, 'depth.corrected')
    if (kind !== 'counting') return
  }
}
