import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Batches } from '@encounter-gateway/shared/records/batches.ts'
import type { Logger } from 'pino'
import type { ConnectionAtWork } from '../connection-at-work.ts'
import type { GoOn } from './lease.ts'

const HOUR_MS = 3_600_000
const AT_ONCE = 200

type Closing = {
  batches: Batches
  config: Pick<Config, 'applications' | 'batches'>
  log: Logger
} & Pick<ConnectionAtWork, 'announces' | 'finished'>

/** Closes uploads that broke off and were not resumed in time, so that their batches end. */
export async function closeAbandonedUploads(
  { batches, config, log, announces, finished }: Closing,
  goOn: GoOn,
): Promise<void> {
  const announced = config.applications.map(({ name }) => name).filter(announces)
  for (;;) {
    const { looked, closed } = await batches.abandoned(config.batches.abandonedAfterHours * HOUR_MS, announced, AT_ONCE)
    for (const batchId of closed) log.info({ batch: batchId }, 'upload.abandoned')
    if (closed.length > 0) finished()
    if (looked < AT_ONCE || !(await goOn())) return
  }
}
