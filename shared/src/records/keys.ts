import { keyBaseOf, type ConnectionName } from '../connection.ts'

/** Channel on which each outcome's JobId is published. */
export const FINISHED_CHANNEL = 'eg:finished'

/** Where the records of one connection lie; all in the hash slot of its queue. */
export function recordKeys(connection: ConnectionName) {
  const base = keyBaseOf(connection)
  return {
    payload: (jobId: string) => `${base}:payload:${jobId}`,
    dispatch: (jobId: string) => `${base}:dispatch:${jobId}`,
    outcome: (jobId: string) => `${base}:outcome:${jobId}`,
    idempotency: (jobId: string) => `${base}:idempotency:${jobId}`,
    history: (jobId: string) => `${base}:history:${jobId}`,
    /** By a hash of the EncounterId: whose job that encounter is, where the EMR itself cannot tell. */
    claim: (encounterHash: string) => `${base}:claim:${encounterHash}`,
    jobs: (application: string) => `${base}:jobs:${application}`,
    /** BullMQ's own hash of a job. */
    queued: (jobId: string) => `${base}:${jobId}`,
    completed: `${base}:completed`,
    failed: `${base}:failed`,
    pending: `${base}:pending`,
    outbox: `${base}:outbox`,
    breaker: `${base}:breaker`,
    /** Until when the EMR asked to be left alone, ms since the epoch. */
    hold: `${base}:hold`,
  }
}
export type RecordKeys = ReturnType<typeof recordKeys>
