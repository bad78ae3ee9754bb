import type { Logger } from 'pino'
import { end, type Ended } from './end.ts'
import { failed, outcomeUnknown, reasonOfEnding } from './endings.ts'

/**
 * Ends a job that processes die of, without asking the EMR: its answer may be what they died of. Returns what BullMQ may keep of it;
 * `undefined` if another process has moved on with the job.
 */
export async function setAside(about: Ended & { log: Logger }): Promise<string | undefined> {
  const { jobId, records, log } = about
  const { inDoubt, call } = await records.lastCall(jobId)
  const ending = inDoubt
    ? outcomeUnknown(
        'Several workers died on this job, one while it called the EMR, and it was set aside. A Retry asks the EMR first, where it can be asked.',
      )
    : failed(500, 'the worker died several times on this job; it was set aside')
  log.error({ job: jobId, status: ending.status }, 'job.setAside')
  // this process may have been held up since it looked, and the job be in a new round
  return (await end(about, ending, call)) === 'recorded' ? reasonOfEnding(ending) : undefined
}
