import { Type, type Static } from '@sinclair/typebox'
import { EmrSystem } from './emr-system-schema.ts'
import { AlternativeIdentifiers } from './encounter-created.ts'
import { Problem } from './problem.ts'
import { oneOf, refTo } from './schema-forms.ts'

const runningStatuses = ['Queued', 'Running', 'Retrying', 'Parked'] as const

/** The terminal states: each accepted job reaches exactly one of them. */
export const terminalStatuses = ['Succeeded', 'Failed', 'OutcomeUnknown', 'Cancelled', 'Expired'] as const
export type TerminalStatus = (typeof terminalStatuses)[number]

/** The state of a job. */
export const JobStatus = oneOf([...runningStatuses, ...terminalStatuses], {
  description:
    'The state of the job. `Queued`: waiting for its first attempt. `Running`: an attempt is in progress. `Retrying`: ' +
    'waiting for its next attempt. `Parked`: held back, without spending attempts, until the EMR is available. ' +
    'Terminal states: `Succeeded`, `Failed`, `OutcomeUnknown` (the encounter may or may not exist in the EMR; an operator ' +
    'must check), `Cancelled`, `Expired` (its deadline passed before it finished).',
})
export type JobStatus = Static<typeof JobStatus>

/** Whether a job in this state has ended; only a retry continues it. */
export function isTerminal(status: JobStatus): status is TerminalStatus {
  return terminalStatuses.some((terminal) => terminal === status)
}

const Timestamp = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })

/**
 * A job as shown to its application; properties that do not apply are left out. Contains no patient data or
 * credentials.
 */
export const Job = Type.Object(
  {
    JobId: Type.String({
      pattern: '^[a-z][0-9a-z]{19}$',
      description:
        'Identifier of the job: 20 characters `[0-9a-z]`. It is also sent to the EMR, as the key of the encounter.',
    }),
    EMRSystem: EmrSystem,
    EmrInstance: Type.String({ description: 'The connection to that EMR; `default` if the request named none.' }),
    Status: JobStatus,
    CreatedAt: Timestamp('When the request was accepted.'),
    UpdatedAt: Timestamp('When the job last changed.'),
    FinishedAt: Type.Optional(Timestamp('When the job ended.')),
    Attempts: Type.Integer({
      minimum: 0,
      description: 'Number of attempts in this round; a manual retry begins a new round at 0.',
    }),
    MaxAttempts: Type.Integer({ minimum: 1, description: 'Maximum number of attempts in a round.' }),
    NextAttemptAt: Type.Optional(Timestamp('The earliest time of the next attempt, for a job that is not running.')),
    ParkedReason: Type.Optional(
      Type.String({ description: 'Why a `Parked` job is held back, in human-readable form.' }),
    ),
    StatusCode: Type.Optional(
      Type.Integer({
        minimum: 201,
        maximum: 599,
        description: 'HTTP status code of the outcome: 201, 400, 401, 403, 408, 409, 500 or 502.',
      }),
    ),
    EncounterId: Type.Optional(Type.String({ description: 'Identifier of the created encounter in the EMR.' })),
    AlternativeIdentifiers: Type.Optional(AlternativeIdentifiers),
    Problem: Type.Optional(refTo(Problem)),
    Recovered: Type.Optional(
      Type.Boolean({
        description:
          '`true`: the answer to an attempt was lost, and the encounter was then found in the EMR by the key of the job.',
      }),
    ),
    NotCarried: Type.Optional(
      Type.Array(Type.String(), {
        description: 'JSON Pointers of the request properties that this EMR cannot store.',
      }),
    ),
    BatchId: Type.Optional(Type.String({ description: 'The batch that contains the job.' })),
    ItemIndex: Type.Optional(Type.Integer({ minimum: 0, description: 'Position in that batch, counted from 0.' })),
  },
  {
    $id: 'Job',
    description: 'One request to create an encounter, from its acceptance to its outcome.',
    additionalProperties: false,
    examples: [
      {
        JobId: 'q3f0a7k2m9x1c8v5b6n4',
        EMRSystem: 'Sandbox',
        EmrInstance: 'default',
        Status: 'Succeeded',
        CreatedAt: '2025-12-12T20:56:11.005Z',
        UpdatedAt: '2025-12-12T20:56:11.291Z',
        FinishedAt: '2025-12-12T20:56:11.291Z',
        Attempts: 1,
        MaxAttempts: 5,
        StatusCode: 201,
        EncounterId: '97953478',
        AlternativeIdentifiers: [{ Code: 'FIN', Description: 'Financial number', Value: '22280' }],
      },
    ],
  },
)
export type Job = Static<typeof Job>

/** One page of an application's jobs, newest first. */
export const JobList = Type.Object(
  {
    Jobs: Type.Array(refTo(Job), { description: 'The jobs of this page, newest first.' }),
    Cursor: Type.Optional(
      Type.String({ description: 'Pass it as `Cursor` to get the next page; absent on the last page.' }),
    ),
  },
  { description: 'One page of jobs.', additionalProperties: false },
)
export type JobList = Static<typeof JobList>
