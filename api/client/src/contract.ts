import type { components } from './openapi.ts'

type Schemas = components['schemas']

/** The body of a request to create an encounter: one line of a batch. */
export type PatientEncounterRequest = Schemas['PatientEncounterRequest']
/** One request to create an encounter, from its acceptance to its outcome. */
export type Job = Schemas['Job']
export type JobStatus = Job['Status']
/** Requests uploaded together; each becomes a job. */
export type Batch = Schemas['Batch']
/** One item of a batch and its outcome: one line of its results. */
export type BatchItem = Schemas['BatchItem']
/** How many items of a batch were retried. */
export type BatchRetry = Schemas['BatchRetry']
/** What one encounter would become at the EMR. */
export type Preview = Schemas['Preview']
/** An error reply (RFC 9457). */
export type Problem = Schemas['Problem']
export type EmrSystem = Job['EMRSystem']

/** The terminal states of a job. */
export const terminalStatuses = [
  'Succeeded',
  'Failed',
  'OutcomeUnknown',
  'Cancelled',
  'Expired',
] as const satisfies JobStatus[]

/** Whether a job in this state has ended; only a retry continues it. */
export function hasEnded({ Status }: Pick<Job, 'Status'>): boolean {
  return terminalStatuses.some((terminal) => terminal === Status)
}
