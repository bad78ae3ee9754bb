import { Type, type Static } from '@sinclair/typebox'
import { EmrSystem } from './emr-system.ts'
import { AlternativeIdentifiers } from './encounter-created.ts'
import { JobStatus } from './job.ts'
import { Problem } from './problem.ts'
import { oneOf, refTo } from './schema-forms.ts'

/** Where a batch stands. */
export const BatchStatus = oneOf(['Receiving', 'Running', 'Cancelling', 'Finished'], {
  description:
    'Where the batch stands. `Receiving`: its upload has not come to its end, and what came is worked on already; send ' +
    'it again with the same Idempotency-Key to go on. `Running`: all of it is here, or the rest is no longer waited for. `Cancelling`: what has not been sent ' +
    'to the EMR is being cancelled. `Finished`: every item has ended.',
})
export type BatchStatus = Static<typeof BatchStatus>

const Timestamp = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })
const Count = (description: string) => Type.Integer({ minimum: 0, description })

/** A line that was not accepted, and why. */
export const RejectedItem = Type.Object(
  {
    ItemIndex: Count('Its place in the batch, counted from 0; empty lines are not counted.'),
    Line: Type.Optional(
      Type.Integer({ minimum: 1, description: 'The line of the upload, counted from 1. NDJSON only.' }),
    ),
    Problem: refTo(Problem),
  },
  { additionalProperties: false },
)
export type RejectedItem = Static<typeof RejectedItem>

/** A batch as its application sees it. The counts are exact at any moment: each item is in one of them. */
export const Batch = Type.Object(
  {
    BatchId: Type.String({ pattern: '^[a-z][0-9a-z]{19}$', description: 'The batch: 20 characters `[0-9a-z]`.' }),
    EMRSystem: EmrSystem,
    EmrInstance: Type.String({ description: 'Which connection of that EMR; `default` if the request named none.' }),
    Status: BatchStatus,
    CreatedAt: Timestamp('When its first item was read.'),
    UpdatedAt: Timestamp('When anything here last changed.'),
    Abandoned: Type.Optional(
      Type.Boolean({
        description:
          'Its upload broke off and was not gone on with in time: the batch is what had come, and takes nothing more. Left out otherwise.',
      }),
    ),
    ReceivedAt: Type.Optional(Timestamp('When the end of the upload was read.')),
    FinishedAt: Type.Optional(Timestamp('When its last item ended.')),
    Items: Count('Items read so far: `Accepted` and `Rejected`.'),
    Accepted: Count('Items that became jobs. The counts from `Queued` on add up to it.'),
    Rejected: Count('Items that are not valid and will not be sent to the EMR.'),
    Queued: Count('Wait for their turn.'),
    Running: Count('Have had their turn and not ended: being sent, between two attempts, or held back with the EMR.'),
    Succeeded: Count('Their encounter exists in the EMR.'),
    Failed: Count('The EMR refused them, or could not be reached in all their attempts.'),
    OutcomeUnknown: Count('The EMR may or may not have them; a person must look.'),
    Cancelled: Count('Cancelled before the EMR saw them.'),
    Expired: Count('Their deadline passed first.'),
    Rejections: Type.Optional(
      Type.Array(RejectedItem, {
        description:
          'The first 100 items that this upload had rejected; in the reply to an upload only. `/Results` has all.',
      }),
    ),
  },
  {
    $id: 'Batch',
    description: 'Many requests to create encounters, uploaded together, each of them a job.',
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

/** One item of a batch and what became of it: one line of `/Results`. */
export const BatchItem = Type.Object(
  {
    ItemIndex: Count('Its place in the batch, counted from 0.'),
    Line: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Of a rejected item, the line of the upload, counted from 1. NDJSON only.',
      }),
    ),
    JobId: Type.Optional(Type.String({ description: 'Its job; a rejected item has none.' })),
    Status: Type.Unsafe<JobStatus | 'Rejected'>({
      type: 'string',
      enum: [...(JobStatus['enum'] as string[]), 'Rejected'],
      description: 'Where its job stands, or `Rejected`: not valid, never sent to the EMR.',
    }),
    StatusCode: Type.Optional(Type.Integer({ description: 'The HTTP status code of the outcome; 400 if rejected.' })),
    EncounterId: Type.Optional(Type.String({ description: 'The encounter created, by the EMR’s identifier.' })),
    AlternativeIdentifiers: Type.Optional(AlternativeIdentifiers),
    Recovered: Type.Optional(Type.Boolean({ description: 'The encounter was found in the EMR after a lost answer.' })),
    NotCarried: Type.Optional(Type.Array(Type.String(), { description: 'Properties that this EMR has no place for.' })),
    Problem: Type.Optional(refTo(Problem)),
  },
  {
    $id: 'BatchItem',
    description: 'One item of a batch and what became of it. What does not apply is left out.',
    additionalProperties: false,
    examples: [
      { ItemIndex: 0, JobId: 'q3f0a7k2m9x1c8v5b6n4', Status: 'Succeeded', StatusCode: 201, EncounterId: '97953478' },
    ],
  },
)
export type BatchItem = Static<typeof BatchItem>

/** What a retry of a batch's items did, or with `DryRun` would do. */
export const BatchRetry = Type.Object(
  {
    Matching: Count('Items in the state asked for.'),
    Retried: Count('Items that began a new round of attempts; 0 with `DryRun`.'),
    Erased: Count('Items whose request is no longer kept, so that they cannot be tried again; 0 with `DryRun`.'),
  },
  {
    $id: 'BatchRetry',
    description: 'How many items of a batch were tried again.',
    additionalProperties: false,
    examples: [{ Matching: 50, Retried: 50, Erased: 0 }],
  },
)
export type BatchRetry = Static<typeof BatchRetry>
