import type { Ending } from '@encounter-gateway/shared/records/outcome.ts'
import type { ConnectionAtWork } from './connection-at-work.ts'

/**
 * Compares a success that could not be recorded with the recorded outcome. Changes nothing: a round has one outcome.
 */
export async function noteLateSuccess(
  jobId: string,
  { result }: Ending,
  at: Pick<ConnectionAtWork, 'records' | 'log' | 'succeededLate'>,
): Promise<void> {
  const outcome = await at.records.jobs.outcome(jobId)
  // its retention has passed
  if (!outcome) return
  if (outcome.status !== 'Succeeded') {
    at.log.warn({ job: jobId, status: outcome.status }, 'encounter.late')
    return at.succeededLate('after_outcome')
  }
  if (outcome.result.EncounterId === result.EncounterId) return at.succeededLate('same')
  at.log.error({ job: jobId }, 'encounter.twice')
  at.succeededLate('twice')
}
