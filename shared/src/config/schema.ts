import { Type, type Static } from '@sinclair/typebox'
import { EmrSystem } from '../contract/emr-system-schema.ts'

const HOUR_LIMIT = 24 * 365
const KEY_HASH = '^sha256:[0-9a-f]{64}$'
const name = (description: string) => Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description })

/** The one endpoint of an application that receives its webhooks. */
export const WebhookEndpoint = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', description: 'URL to which webhooks are posted' }),
    secret: Type.String({
      pattern: '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$',
      description: 'whsec_ followed by the base64 of 24 to 64 bytes',
    }),
  },
  { additionalProperties: false },
)
export type WebhookEndpoint = Static<typeof WebhookEndpoint>

/** A calling application: its credentials, its limits and the EMRs that it may use. */
export const Application = Type.Object(
  {
    name: name('As sent in ApplicationName'),
    keyHash: Type.Optional(
      Type.String({ pattern: KEY_HASH, description: 'sha256: followed by the hex digest of its ApplicationKey' }),
    ),
    keyHashes: Type.Optional(
      Type.Array(Type.String({ pattern: KEY_HASH }), {
        minItems: 1,
        maxItems: 2,
        description: 'Instead of keyHash: two keys, both valid, while one is replaced by the other',
      }),
    ),
    emrSystems: Type.Optional(
      Type.Array(EmrSystem, {
        minItems: 1,
        description: 'EMRs for which the application may use every instance, including those added later',
      }),
    ),
    connections: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z]+[.]([*]|[A-Za-z0-9_-]{1,64})$' }), {
        minItems: 1,
        description: 'The connections that the application may use: `Cerner.default`, `Cerner.*`',
      }),
    ),
    waitSeconds: Type.Integer({
      minimum: 0,
      maximum: 60,
      default: 0,
      description: 'Seconds to wait for the outcome if a request has no Prefer header',
    }),
    waitOver: Type.Optional(
      Type.Union([Type.Literal('job'), Type.Literal('seed')], {
        description:
          'The reply when the wait is over: `job` (the default) is a 202; `seed` is for clients that know no 202: a job of ' +
          'which nothing was sent is cancelled, with a 502, and one that may have been sent goes on, with a 408',
      }),
    ),
    requestsPerMinute: Type.Integer({ minimum: 1, default: 60_000 }),
    maxPending: Type.Integer({
      minimum: 1,
      default: 2_000_000,
      description: 'Maximum number of its jobs that are accepted and not ended, per connection',
    }),
    share: Type.Number({
      exclusiveMinimum: 0.001,
      maximum: 1000,
      default: 1,
      description: 'Its weight when applications share a connection for batch items',
    }),
    webhook: Type.Optional(WebhookEndpoint),
  },
  { additionalProperties: false },
)
export type Application = Static<typeof Application>

/** A person who may sign in at /admin, or a program with a token. `auditor` sees, and reads the audit log. */
export const Operator = Type.Object(
  {
    name: name('The name to sign in with'),
    passwordHash: Type.Optional(
      Type.String({
        pattern: '^scrypt:[0-9]+:[0-9]+:[0-9]+:[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$',
        description: 'scrypt:N:r:p:salt:hash, with salt and hash in base64; without it only the token works',
      }),
    ),
    tokenHash: Type.Optional(
      Type.String({
        pattern: '^sha256:[0-9a-f]{64}$',
        description: 'sha256: followed by the hex digest of its token, for programs that act as this operator',
      }),
    ),
    role: Type.Union([Type.Literal('viewer'), Type.Literal('operator'), Type.Literal('auditor')]),
    connections: Type.Optional(
      Type.Array(Type.String({ pattern: '^([*]|[A-Za-z]+[.]([*]|[A-Za-z0-9_-]{1,64}))$' }), {
        minItems: 1,
        description:
          'The connections that the operator may see and act on, default all: `*`, `Cerner.*`, `Cerner.default`',
      }),
    ),
  },
  { additionalProperties: false },
)
export type Operator = Static<typeof Operator>

/** When the breaker of a connection opens, and for how long. */
export const BreakerSettings = Type.Object(
  {
    minimumCalls: Type.Integer({
      minimum: 1,
      default: 10,
      description: 'The fewest calls, over all workers, whose share of failures opens the breaker',
    }),
    failurePercent: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    openMs: Type.Integer({
      minimum: 100,
      maximum: 600_000,
      default: 15_000,
      description: 'Time in ms before a probe is sent',
    }),
  },
  { additionalProperties: false, default: {} },
)
export type BreakerSettings = Static<typeof BreakerSettings>

/** The settings of every connection; the options of its connector are beside them. */
export const ConnectionSettings = Type.Object({
  emrSystem: EmrSystem,
  emrInstance: name('As sent in EmrInstance'),
  connector: Type.String({ description: 'The connector: a folder of worker/src/emr/' }),
  timeoutMs: Type.Integer({
    minimum: 100,
    maximum: 120_000,
    default: 10_000,
    description: 'Time limit in ms of one EMR call',
  }),
  maxAttempts: Type.Integer({ minimum: 1, maximum: 50, default: 5 }),
  backoffMs: Type.Integer({
    minimum: 10,
    maximum: 600_000,
    default: 500,
    description: 'Pause in ms before the second attempt; doubled each time, with jitter',
  }),
  deadlineHours: Type.Number({
    exclusiveMinimum: 0,
    maximum: HOUR_LIMIT,
    default: 24,
    description: 'Hours from acceptance after which a waiting job expires',
  }),
  concurrency: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 20,
    description: 'Maximum number of concurrent calls, over all workers',
  }),
  maxPending: Type.Integer({
    minimum: 1,
    default: 5_000_000,
    description: 'Maximum number of jobs that are accepted and not ended, over all applications',
  }),
  requestsPerSecond: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 200,
    description: 'Maximum number of calls per second, over all workers, spread over the second',
  }),
  onUnknownOutcome: Type.Union([Type.Literal('reconcile'), Type.Literal('resend'), Type.Literal('stop')], {
    default: 'reconcile',
  }),
  settleMs: Type.Integer({
    minimum: 0,
    maximum: 3_600_000,
    default: 5_000,
    description:
      'Time in ms for which the EMR may still complete a request after a time-out or an inconclusive answer; "not found" is believed only after it',
  }),
  breaker: BreakerSettings,
})
export type Connection = Static<typeof ConnectionSettings>

/** The file that GATEWAY_CONFIG names, with `env:` and `file:` values replaced. */
export const ConfigFile = Type.Object(
  {
    applications: Type.Array(Application, { minItems: 1 }),
    operators: Type.Array(Operator, { default: [] }),
    connections: Type.Array(ConnectionSettings, { minItems: 1 }),
    sealingKeys: Type.Array(
      Type.Object(
        {
          id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,16}$' }),
          key: Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$', description: 'base64 of 32 bytes' }),
        },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
    webhooks: Type.Object(
      {
        allowHttp: Type.Boolean({ default: false }),
        allowHosts: Type.Array(Type.String(), { default: [] }),
        timeoutSeconds: Type.Number({
          exclusiveMinimum: 0,
          maximum: 30,
          default: 15,
          description: 'How long an endpoint may take to answer',
        }),
        scheduleSeconds: Type.Optional(
          Type.Array(Type.Number({ exclusiveMinimum: 0, maximum: 7 * 86_400 }), {
            maxItems: 20,
            description: 'Waits between the tries of a message; by default nine, from 5 s to a day, three days in all',
          }),
        ),
        disableAfterDays: Type.Number({
          exclusiveMinimum: 0,
          maximum: 365,
          default: 5,
          description: 'Days of nothing but failure after which an endpoint is disabled',
        }),
        retentionHours: Type.Number({
          exclusiveMinimum: 0,
          maximum: HOUR_LIMIT,
          default: 168,
          description: 'Hours for which messages and their deliveries are kept, and can be sent again',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    batches: Type.Object(
      {
        abandonedAfterHours: Type.Number({
          exclusiveMinimum: 0,
          maximum: HOUR_LIMIT,
          default: 24,
          description: 'After which an upload that broke off is closed; half of resultHours if that is less',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    redis: Type.Object(
      {
        replicas: Type.Integer({
          minimum: 0,
          maximum: 10,
          default: 0,
          description:
            'Replicas that must have a job before it is accepted, and the mark of a call before the call is made',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    retention: Type.Object(
      {
        resultHours: Type.Number({ exclusiveMinimum: 0, maximum: HOUR_LIMIT, default: 72 }),
        failedPayloadHours: Type.Number({ exclusiveMinimum: 0, maximum: HOUR_LIMIT, default: 72 }),
        auditDays: Type.Number({
          exclusiveMinimum: 0,
          maximum: 3_660,
          default: 400,
          description: 'Days for which the audit log is kept',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false },
)
export type ConfigFile = Static<typeof ConfigFile>
export type Retention = Omit<ConfigFile['retention'], 'auditDays'>
