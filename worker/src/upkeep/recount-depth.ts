import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { Logger } from 'pino'
import type { GoOn } from './lease.ts'

const AT_ONCE = 500
/** One round counts 50,000 jobs at most; the next one goes on. */
const STEPS_AT_MOST = 100

/**
 * Sees to it that what `maxPending` is compared with is what is pending: a count that had drifted upwards would refuse an application
 * for nothing. One short script where the two agree.
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
