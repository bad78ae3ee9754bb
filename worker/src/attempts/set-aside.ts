import type { Jobs } from '@encounter-gateway/shared/records/jobs.ts'
import type { RoutedJob } from '@encounter-gateway/shared/records/routing.ts'
import type { Logger } from 'pino'
import { failed, outcomeUnknown, reasonOfEnding } from './endings.ts'

/**
 * Ends a job that kills its processes, without asking the EMR: its answer may be what kills them. Returns what BullMQ
 * may keep of it; `undefined` if another process has moved on with the job.
 */
export async function setAside(
  job: RoutedJob,
  { records, log }: { records: { jobs: Jobs }; log: Logger },
): Promise<string | undefined> {
  const { jobId } = job
  const { inDoubt, call } = await records.jobs.lastCall(job)
  const ending = inDoubt
    ? outcomeUnknown(
        'The job was set aside because several workers died on it, one during its call to the EMR. A Retry asks the EMR first, if it can be asked.',
      )
    : failed(500, 'the job was set aside because several workers died on it')
  log.error({ job: jobId, status: ending.status }, 'job.setAside')
  // this process may have been held up since it looked, and the job may be in a new round
  return (await records.jobs.end(job, ending, call)) === 'recorded' ? reasonOfEnding(ending) : undefined
}
