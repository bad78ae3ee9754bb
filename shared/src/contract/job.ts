import { Type, type Static } from '@sinclair/typebox'
import { EmrSystem } from './emr-system.ts'
import { AlternativeIdentifiers } from './encounter-created.ts'
import { Problem } from './problem.ts'
import { oneOf, refTo } from './schema-forms.ts'

const runningStatuses = ['Queued', 'Running', 'Retrying', 'Parked'] as const

/** The states a job ends in: each accepted job reaches exactly one of them. */
export const terminalStatuses = ['Succeeded', 'Failed', 'OutcomeUnknown', 'Cancelled', 'Expired'] as const
export type TerminalStatus = (typeof terminalStatuses)[number]

/** Where a job stands. */
export const JobStatus = oneOf([...runningStatuses, ...terminalStatuses], {
  description:
    'Where the job stands. `Queued`: waits for its first attempt. `Running`: an attempt is under way. `Retrying`: ' +
    'waits for its next attempt. `Parked`: held back, without spending attempts, until the EMR can take it. Then, ' +
    'for good: `Succeeded`, `Failed`, `OutcomeUnknown` (the EMR may or may not have the encounter; a person must ' +
    'look), `Cancelled`, `Expired` (its deadline passed first).',
})
export type JobStatus = Static<typeof JobStatus>

/** Whether a job in this state has ended, until someone retries it. */
export function isTerminal(status: JobStatus): status is TerminalStatus {
  return terminalStatuses.some((terminal) => terminal === status)
}

const Timestamp = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })

/** A job as its application sees it; what does not apply is left out. Never holds patient data or credentials. */
export const Job = Type.Object(
  {
    JobId: Type.String({
      pattern: '^[a-z][0-9a-z]{19}$',
      description: 'The job: 20 characters `[0-9a-z]`. The EMR also gets it, as the key of the encounter.',
    }),
    EMRSystem: EmrSystem,
    EmrInstance: Type.String({ description: 'Which connection of that EMR; `default` if the request named none.' }),
    Status: JobStatus,
    CreatedAt: Timestamp('When the request was accepted.'),
    UpdatedAt: Timestamp('When anything here last changed.'),
    FinishedAt: Type.Optional(Timestamp('When the job ended.')),
    Attempts: Type.Integer({
      minimum: 0,
      description: 'How many times the EMR was tried in this round; a retry by hand begins a new round at 0.',
    }),
    MaxAttempts: Type.Integer({ minimum: 1, description: 'How many attempts a round has.' }),
    NextAttemptAt: Type.Optional(Timestamp('When a job that is `Retrying` is tried next, at the earliest.')),
    ParkedReason: Type.Optional(Type.String({ description: 'Why a job that is `Parked` is held back, in words.' })),
    StatusCode: Type.Optional(
      Type.Integer({
        minimum: 201,
        maximum: 599,
        description: 'The HTTP status code of the outcome: 201, 400, 401, 403, 408, 409, 500 or 502.',
      }),
    ),
    EncounterId: Type.Optional(
      Type.String({ description: 'The encounter created, by the identifier the EMR gave it.' }),
    ),
    AlternativeIdentifiers: Type.Optional(AlternativeIdentifiers),
    Problem: Type.Optional(refTo(Problem)),
    Recovered: Type.Optional(
      Type.Boolean({
        description:
          '`true`: the answer to an attempt was lost, and the encounter was then found in the EMR under the job’s key.',
      }),
    ),
    NotCarried: Type.Optional(
      Type.Array(Type.String(), {
        description: 'JSON Pointers of the properties of the request for which this EMR has no place.',
      }),
    ),
    BatchId: Type.Optional(Type.String({ description: 'The batch the job came with.' })),
    ItemIndex: Type.Optional(Type.Integer({ minimum: 0, description: 'Its place in that batch, counted from 0.' })),
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
      Type.String({ description: 'Send it back as `Cursor` for the next page; left out on the last one.' }),
    ),
  },
  { description: 'One page of jobs.', additionalProperties: false },
)
export type JobList = Static<typeof JobList>
