import type { components } from './openapi.ts'

type Schemas = components['schemas']

/** The body of a request to create an encounter: one line of a batch. */
export type PatientEncounterRequest = Schemas['PatientEncounterRequest']
/** One request to create an encounter, from its acceptance to its outcome. */
export type Job = Schemas['Job']
export type JobStatus = Job['Status']
/** Many requests uploaded together, each of them a job. */
export type Batch = Schemas['Batch']
/** One item of a batch and what became of it: one line of its results. */
export type BatchItem = Schemas['BatchItem']
/** How many items of a batch were tried again. */
export type BatchRetry = Schemas['BatchRetry']
/** An error reply as RFC 9457 has it. */
export type Problem = Schemas['Problem']
export type EmrSystem = Job['EMRSystem']

/** The states a job ends in. */
export const terminalStatuses = [
  'Succeeded',
  'Failed',
  'OutcomeUnknown',
  'Cancelled',
  'Expired',
] as const satisfies JobStatus[]

/** Whether a job in this state has ended, until someone retries it. */
export function hasEnded({ Status }: Pick<Job, 'Status'>): boolean {
  return terminalStatuses.some((terminal) => terminal === Status)
}
