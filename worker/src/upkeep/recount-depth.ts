import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { Logger } from 'pino'
import type { GoOn } from './lease.ts'

const AT_ONCE = 500
/** One round counts at most 50,000 jobs; the next one continues. */
const STEPS_AT_MOST = 100

/**
 * Keeps the count that `maxPending` is compared with equal to the pending jobs: a count that had drifted upwards would
 * refuse an application without reason. One short script if the two agree.
 */
export async function recountDepth(
  { records, config, log }: { records: Pick<Records, 'recount'>; config: Pick<Config, 'applications'>; log: Logger },
  goOn: GoOn,
): Promise<void> {
  const applications = config.applications.map(({ name }) => name)
  for (let step = 0; step < STEPS_AT_MOST && (await goOn()); step++) {
    const { kind, ...sums } = await records.recount(applications, AT_ONCE)
    if (kind === 'corrected') log.warn(sums, 'depth.corrected')
    if (kind !== 'counting') return
  }
}
