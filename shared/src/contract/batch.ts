import { Type, type Static } from '@sinclair/typebox'
import { EmrSystem } from './emr-system-schema.ts'
import { AlternativeIdentifiers } from './encounter-created.ts'
import { JobStatus } from './job.ts'
import { Problem } from './problem.ts'
import { oneOf, refTo } from './schema-forms.ts'

/** The state of a batch. */
export const BatchStatus = oneOf(['Receiving', 'Running', 'Cancelling', 'Finished'], {
  description:
    'The state of the batch. `Receiving`: the upload is not complete; items received so far are already processed. ' +
    'To resume, send the upload again with the same Idempotency-Key. `Running`: the upload is complete, or can no longer ' +
    'be resumed. `Cancelling`: items not yet sent to the EMR are being cancelled. `Finished`: every item has ended.',
})
export type BatchStatus = Static<typeof BatchStatus>

const Timestamp = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })
const Count = (description: string) => Type.Integer({ minimum: 0, description })

/** A rejected line of an upload, and the reason. */
export const RejectedItem = Type.Object(
  {
    ItemIndex: Count('Position in the batch, counted from 0; empty lines are not counted.'),
    Line: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Line number in the upload, counted from 1. NDJSON only.' }),
    ),
    Problem: refTo(Problem),
  },
  { additionalProperties: false },
)
export type RejectedItem = Static<typeof RejectedItem>

/** A batch as shown to its application. The counts are exact at any moment: each item is in exactly one of them. */
export const Batch = Type.Object(
  {
    BatchId: Type.String({
      pattern: '^[a-z][0-9a-z]{19}$',
      description: 'Identifier of the batch: 20 characters `[0-9a-z]`.',
    }),
    EMRSystem: EmrSystem,
    EmrInstance: Type.String({ description: 'The connection to that EMR; `default` if the request named none.' }),
    Status: BatchStatus,
    CreatedAt: Timestamp('When its first item was read.'),
    UpdatedAt: Timestamp('When the batch last changed.'),
    Abandoned: Type.Optional(
      Type.Boolean({
        description:
          '`true`: the upload broke off and was not resumed in time. The batch consists of the items received by then and ' +
          'accepts no more. Otherwise absent.',
      }),
    ),
    ReceivedAt: Type.Optional(Timestamp('When the end of the upload was read.')),
    FinishedAt: Type.Optional(Timestamp('When its last item ended.')),
    Items: Count('Items read so far: the sum of `Accepted` and `Rejected`.'),
    Accepted: Count('Items that became jobs: the sum of the counts from `Queued` on.'),
    Rejected: Count('Invalid items; they are never sent to the EMR.'),
    Queued: Count('Items waiting for their turn.'),
    Running: Count('Items in progress: being sent, waiting for their next attempt, or parked.'),
    Succeeded: Count('Items whose encounter exists in the EMR.'),
    Failed: Count('Items that the EMR refused, or that used up their attempts.'),
    OutcomeUnknown: Count('Items whose encounter may or may not exist in the EMR; an operator must check.'),
    Cancelled: Count('Items cancelled before they were sent to the EMR.'),
    Expired: Count('Items whose deadline passed before they finished.'),
    Rejections: Type.Optional(
      Type.Array(RejectedItem, {
        description:
          'The first 100 items rejected from this upload; only in the reply to an upload. `/Results` lists all of them.',
      }),
    ),
  },
  {
    $id: 'Batch',
    description: 'Requests to create encounters, uploaded together; each becomes a job.',
    additionalProperties: false,
    examples: [
      {
        BatchId: 'q3f0h2k7m9x1c8v5b6n4',
        EMRSystem: 'Sandbox',
        EmrInstance: 'default',
        Status: 'Running',
        CreatedAt: '2025-12-12T20:56:11.005Z',
        UpdatedAt: '2025-12-12T20:56:31.291Z',
        ReceivedAt: '2025-12-12T20:56:30.112Z',
        Items: 100_000,
        Accepted: 99_990,
        Rejected: 10,
        Queued: 60_000,
        Running: 40,
        Succeeded: 39_900,
        Failed: 50,
        OutcomeUnknown: 0,
        Cancelled: 0,
        Expired: 0,
      },
    ],
  },
)
export type Batch = Static<typeof Batch>

/** One item of a batch and its outcome: one line of `/Results`. */
export const BatchItem = Type.Object(
  {
    ItemIndex: Count('Position in the batch, counted from 0.'),
    Line: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Line number of a rejected item in the upload, counted from 1. NDJSON only.',
      }),
    ),
    JobId: Type.Optional(Type.String({ description: 'The job of the item; absent for a rejected item.' })),
    Status: Type.Unsafe<JobStatus | 'Rejected'>({
      type: 'string',
      enum: [...(JobStatus['enum'] as string[]), 'Rejected'],
      description: 'The state of its job, or `Rejected`: invalid, never sent to the EMR.',
    }),
    StatusCode: Type.Optional(Type.Integer({ description: 'HTTP status code of the outcome; 400 if rejected.' })),
    EncounterId: Type.Optional(Type.String({ description: 'Identifier of the created encounter in the EMR.' })),
    AlternativeIdentifiers: Type.Optional(AlternativeIdentifiers),
    Recovered: Type.Optional(
      Type.Boolean({ description: 'The encounter was found in the EMR after an answer was lost.' }),
    ),
    NotCarried: Type.Optional(Type.Array(Type.String(), { description: 'Properties that this EMR cannot store.' })),
    Problem: Type.Optional(refTo(Problem)),
  },
  {
    $id: 'BatchItem',
    description: 'One item of a batch and its outcome. Properties that do not apply are left out.',
    additionalProperties: false,
    examples: [
      { ItemIndex: 0, JobId: 'q3f0a7k2m9x1c8v5b6n4', Status: 'Succeeded', StatusCode: 201, EncounterId: '97953478' },
    ],
  },
)
export type BatchItem = Static<typeof BatchItem>

/** The effect of a retry of a batch's items, or of a dry run. */
export const BatchRetry = Type.Object(
  {
    Matching: Count('Items in the requested state.'),
    Retried: Count('Items that began a new round of attempts; 0 with `DryRun`.'),
    Erased: Count('Items that cannot be retried because their request has been erased; 0 with `DryRun`.'),
  },
  {
    $id: 'BatchRetry',
    description: 'How many items of a batch were retried.',
    additionalProperties: false,
    examples: [{ Matching: 50, Retried: 50, Erased: 0 }],
  },
)
export type BatchRetry = Static<typeof BatchRetry>
