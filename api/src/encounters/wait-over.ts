import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { problem, type Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { parkedReasons, type JobView } from '@encounter-gateway/shared/records/job-view.ts'
import type { EmrConnection } from '../connections/connections.ts'
import { routed } from '../jobs/cancel-and-retry.ts'

const MAY_BE_SENT =
  'The EMR has not answered in time and may create the encounter; the job goes on, and will report the outcome.'

/**
 * What a client that knows no 202 gets once its wait is over (`waitOver: "seed"`): a job that was never sent
 * to the EMR is cancelled, and the reply is what the EMR's absence means in the original API; one that may have been
 * sent goes on, and the reply is a 408. `ended`: the job has ended in this moment, so that its outcome is the reply.
 */
export async function endWait(
  connection: EmrConnection,
  application: Pick<Application, 'name'>,
  job: JobView['job'],
): Promise<Problem | 'ended'> {
  const { jobs } = connection.records
  const about = { JobId: job.JobId }
  try {
    // read before: a cancelled job no longer shows what it waited for
    const before = await jobs.view(job.JobId)
    const said = await jobs.cancel(routed(application, job), { onlyIf: 'undispatched', queued: true })
    if (said === 'already') return 'ended'
    if (said !== 'recorded') return problem('outcome-unknown', MAY_BE_SENT, about)
    if (before?.job.ParkedReason === parkedReasons.login)
      return problem('emr-login-failed', 'The EMR refused the login; nothing was created.', about)
    return problem('emr-unavailable', 'The EMR could not be called in time; the request was cancelled unsent.', about)
  } catch {
    // whether it was cancelled is not known either
    return problem('outcome-unknown', MAY_BE_SENT, about)
  }
}
