import { EmrSystem } from '@encounter-gateway/shared/contract/emr-system-schema.ts'
import { JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import { oneOf } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type, type Static } from '@sinclair/typebox'

const closed = { additionalProperties: false }
const Time = (description: string) => Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })
const Count = (description: string) => Type.Integer({ minimum: 0, description })

/** How a connection is, worst first except for `Paused`, which an operator has ordered. */
export const ConnectionState = oneOf(['Healthy', 'Slow', 'Sick', 'Throttled', 'Paused', 'NoWorkers'], {
  description:
    '`Sick`: the breaker is open. `Throttled`: the EMR asked for a pause. `Slow`: 5% of the calls take more than half of ' +
    'their time-out. `NoWorkers`: no worker process gives a sign of life. `Paused`: an operator ordered it.',
})
export type ConnectionState = Static<typeof ConnectionState>

/** A connection as operators see it. */
export const ConnectionRow = Type.Object(
  {
    EMRSystem: EmrSystem,
    EmrInstance: Type.String(),
    Connector: Type.String(),
    State: ConnectionState,
    Since: Type.Optional(Time('Since when it is in this state.')),
    Cause: Type.Optional(Type.String({ description: 'Why, in words of the gateway.' })),
    Pending: Count('Jobs that have not ended.'),
    OldestPendingAt: Type.Optional(Time('When the oldest of them was accepted or retried.')),
    Running: Count('Jobs that a worker has taken.'),
    Parked: Count('Jobs that are held back without spending attempts.'),
    InDoubt: Count('Jobs that ended `OutcomeUnknown` and wait for a person.'),
    AcceptedPerMinute: Type.Number({ description: 'Average of the last five minutes.' }),
    EndedPerMinute: Type.Number({ description: 'Average of the last five minutes.' }),
    EmptyInSeconds: Type.Optional(
      Count('When nothing will be left at this rate; absent if the jobs do not get fewer.'),
    ),
    P95Ms: Type.Optional(
      Type.Number({ description: 'Duration that 95% of the calls of the last minutes did not exceed.' }),
    ),
    NextProbeAt: Type.Optional(Time('When the EMR is tried again.')),
    Concurrency: Type.Integer({ description: 'Calls at once over all workers, as in force.' }),
    RequestsPerSecond: Type.Integer({ description: 'Jobs started per second over all workers, as in force.' }),
    Workers: Count('Worker processes that give signs of life.'),
    Draining: Type.Optional(Type.Boolean({ description: '`true`: nothing new is accepted.' })),
    OrderedBy: Type.Optional(Type.String({ description: 'The operator who paused, held, drained or limited it.' })),
    Reason: Type.Optional(Type.String({ description: 'The reason that operator gave.' })),
    Until: Type.Optional(Time('When that ends by itself.')),
  },
  closed,
)
export type ConnectionRow = Static<typeof ConnectionRow>

export const ConnectionList = Type.Object({ Connections: Type.Array(ConnectionRow) }, closed)

const Counts = (description: string) => Type.Record(Type.String(), Type.Integer(), { description })
export const MinuteFigures = Type.Object(
  {
    At: Time('The beginning of the minute.'),
    Accepted: Type.Integer(),
    Ended: Counts('By status.'),
    Calls: Counts('Calls that create, by code.'),
    Finds: Counts('Calls that ask for an encounter, by code.'),
    P95Ms: Type.Optional(Type.Number()),
  },
  closed,
)
export const ConnectionDetail = Type.Object(
  {
    ...ConnectionRow.properties,
    Minutes: Type.Array(MinuteFigures, {
      description: 'The last 48 hours, oldest first, without minutes in which nothing happened.',
    }),
    Applications: Type.Array(Type.Object({ Name: Type.String(), Pending: Type.Integer() }, closed)),
    Configured: Type.Object({ Concurrency: Type.Integer(), RequestsPerSecond: Type.Integer() }, closed),
  },
  closed,
)
export type ConnectionDetail = Static<typeof ConnectionDetail>

/** A job without anything that is its application's alone. */
export const OperatorJob = Type.Object(
  {
    JobId: Type.String(),
    EMRSystem: EmrSystem,
    EmrInstance: Type.String(),
    Application: Type.String(),
    Status: JobStatus,
    CreatedAt: Type.Optional(Time('When it was accepted.')),
    UpdatedAt: Type.Optional(Time('When it last changed.')),
    FinishedAt: Type.Optional(Time('When it ended.')),
    Attempts: Type.Optional(Type.Integer()),
    MaxAttempts: Type.Optional(Type.Integer()),
    NextAttemptAt: Type.Optional(Time('The earliest time of its next attempt.')),
    StatusCode: Type.Optional(Type.Integer()),
    Problem: Type.Optional(Type.String({ description: 'The kind of its problem: the last part of the `type`.' })),
    Recovered: Type.Optional(Type.Boolean()),
    BatchId: Type.Optional(Type.String()),
    ItemIndex: Type.Optional(Type.Integer()),
  },
  closed,
)
export type OperatorJob = Static<typeof OperatorJob>

export const OperatorJobs = Type.Object({ Jobs: Type.Array(OperatorJob), Cursor: Type.Optional(Type.String()) }, closed)

export const TimelineEvent = Type.Object(
  {
    At: Time('When it happened.'),
    Event: Type.String({
      description: '`Accepted`, `FirstAttempt`, `LastAttempt`, `NextAttempt`, or the status of an ended round.',
    }),
    Round: Type.Optional(Type.Integer()),
    StatusCode: Type.Optional(Type.Integer()),
    Attempts: Type.Optional(Type.Integer()),
  },
  closed,
)
export type TimelineEvent = Static<typeof TimelineEvent>

export const JobDetail = Type.Object({ ...OperatorJob.properties, Timeline: Type.Array(TimelineEvent) }, closed)
export type JobDetail = Static<typeof JobDetail>

const reasonField = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001F\\u007F-\\u009F]*\\S[^\\u0000-\\u001F\\u007F-\\u009F]*$',
  description: 'Why, for the audit log. No patient data.',
})
const until = Type.Optional(Type.String({ format: 'date-time', description: 'When it ends by itself. RFC 3339.' }))

export const Reasoned = Type.Object({ Reason: reasonField }, closed)
export const PauseBody = Type.Object({ Reason: reasonField, Until: until }, closed)
export const HoldBody = Type.Object(
  { Reason: reasonField, Seconds: Type.Integer({ minimum: 1, maximum: 86_400, description: 'For how long.' }) },
  closed,
)
export const LimitsBody = Type.Object(
  {
    Reason: reasonField,
    Concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    RequestsPerSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  },
  { ...closed, description: 'What is left out is as configured again.' },
)

/** Which jobs a bulk act is about. */
export const JobSelection = Type.Object(
  {
    Status: Type.Optional(JobStatus),
    Application: Type.Optional(Type.String({ maxLength: 64 })),
    EMRSystem: Type.Optional(EmrSystem),
    EmrInstance: Type.Optional(Type.String({ maxLength: 64 })),
    StatusCode: Type.Optional(Type.Integer({ minimum: 201, maximum: 599 })),
    From: Type.Optional(Type.String({ format: 'date-time' })),
    To: Type.Optional(Type.String({ format: 'date-time' })),
    By: Type.Optional(oneOf(['CreatedAt', 'FinishedAt'])),
  },
  closed,
)
export type JobSelection = Static<typeof JobSelection>

export const BulkBody = Type.Object(
  {
    Filter: JobSelection,
    DryRun: Type.Optional(Type.Boolean({ description: '`true`: only count, and return `Expect`.' })),
    Expect: Type.Optional(
      Type.String({ maxLength: 64, description: 'From the dry run of the same filter; required to act.' }),
    ),
    Reason: Type.Optional(reasonField),
  },
  closed,
)
export const BulkReply = Type.Object(
  {
    Count: Type.Integer({ description: 'Jobs that match.' }),
    Expect: Type.Optional(Type.String()),
    Done: Type.Optional(Type.Integer({ description: 'Jobs that were retried or cancelled.' })),
    Skipped: Type.Optional(Type.Integer({ description: 'Jobs whose state no longer permitted it.' })),
    More: Type.Optional(Type.Boolean({ description: '`true`: more jobs match than one request handles; repeat it.' })),
  },
  closed,
)
export const ResolveBody = Type.Object(
  {
    As: oneOf(['Created', 'NotCreated']),
    EncounterId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'For `Created`: its id in the EMR.' }),
    ),
    Then: Type.Optional(oneOf(['Send', 'Fail'], { description: 'For `NotCreated`.' })),
    Reason: reasonField,
  },
  closed,
)

export const WorkerList = Type.Object(
  {
    Processes: Type.Array(
      Type.Object(
        {
          Id: Type.String(),
          Kind: oneOf(['api', 'worker']),
          Host: Type.String(),
          Pid: Type.Integer(),
          Version: Type.String(),
          Configuration: Type.String({ description: 'Processes with the same one run the same configuration.' }),
          StartedAt: Time('When it started.'),
          SeenAt: Time('Its last sign of life.'),
          Alive: Type.Boolean(),
        },
        closed,
      ),
    ),
  },
  closed,
)

export const ApplicationList = Type.Object(
  {
    Applications: Type.Array(
      Type.Object(
        {
          Name: Type.String(),
          Configured: Type.Boolean(),
          Pending: Type.Integer({ description: 'On the connections that the operator may see.' }),
          Connections: Type.Array(
            Type.Object({ EMRSystem: EmrSystem, EmrInstance: Type.String(), Pending: Type.Integer() }, closed),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
)

const auditText = Type.Optional(Type.String())
export const AuditPage = Type.Object(
  {
    Entries: Type.Array(
      Type.Object(
        {
          Id: Type.String(),
          At: Time('When.'),
          Actor: Type.String(),
          Kind: Type.String(),
          Role: auditText,
          From: auditText,
          Action: Type.String(),
          EMRSystem: auditText,
          EmrInstance: auditText,
          JobId: auditText,
          About: auditText,
          Before: auditText,
          After: auditText,
          Reason: auditText,
          Hash: Type.String({ description: 'Chains the entry to the one before it.' }),
        },
        closed,
      ),
    ),
    Cursor: Type.Optional(Type.String()),
  },
  closed,
)
