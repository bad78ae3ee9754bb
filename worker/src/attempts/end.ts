import type { Guard } from '@encounter-gateway/shared/records/jobs.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import type { ConnectionAtWork } from '../connection-at-work.ts'
import type { Ending } from './endings.ts'

/** A job to be ended by someone other than the worker that calls the EMR for it. */
export type Ended = { jobId: string; routing: Routing; createdAt: number } & Pick<
  ConnectionAtWork,
  'connection' | 'records' | 'announces' | 'finished'
>

/** Writes a job's outcome and announces it. */
export async function end(about: Ended, ending: Ending, onlyIf?: Guard) {
  const { jobId, routing, createdAt, connection, records, announces, finished } = about
  const announce = announces(routing.application)
  const outcome = { ...ending, routing, createdAt, maxAttempts: connection.maxAttempts, announce }
  const said = await records.finish(jobId, outcome, onlyIf)
  if (said === 'recorded') finished()
  return said
}
