import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { EmrSystem } from '@encounter-gateway/shared/contract/emr-system-schema.ts'
import { oneOf } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { breakerReasons } from '@encounter-gateway/shared/records/breaker.ts'
import { Type, type FastifyPluginAsyncTypebox, type Static } from '@fastify/type-provider-typebox'
import { documented, everyRoute, problemReplies } from '../http/documented.ts'
import type { EmrConnection } from './connections.ts'

const Time = (description: string) => Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })

const OwnConnection = Type.Object(
  {
    EMRSystem: EmrSystem,
    EmrInstance: Type.String({ description: 'As sent in `EmrInstance`.' }),
    State: oneOf(['Healthy', 'Sick', 'Paused'], {
      description:
        '`Sick`: the EMR fails or does not answer, and is tried now and then. `Paused`: an operator or the EMR itself asked for ' +
        'a pause. In either state jobs are accepted and wait, without spending attempts, until their deadline.',
    }),
    Reason: Type.Optional(Type.String({ description: 'Why it is not `Healthy`.' })),
    Since: Type.Optional(Time('Since when it is not `Healthy`.')),
    NextTryAt: Type.Optional(Time('When the EMR is called again, as far as that is known.')),
    Accepting: Type.Boolean({ description: '`false`: an operator drains the connection; new requests get a 503.' }),
    Pending: Type.Integer({ minimum: 0, description: 'Jobs of the calling application that have not ended.' }),
    MaxPending: Type.Integer({ description: 'At this number of pending jobs new ones are refused with a 429.' }),
    Concurrency: Type.Integer({ description: 'Calls to this EMR at once, for all applications together.' }),
    RequestsPerSecond: Type.Integer({ description: 'Calls to this EMR per second, for all applications together.' }),
    MaxAttempts: Type.Integer({ description: 'Calls that are made for one job at most.' }),
    DeadlineHours: Type.Number({ description: 'A job that nobody could send ends `Expired` after this time.' }),
  },
  { additionalProperties: false },
)
type OwnConnection = Static<typeof OwnConnection>

const schema = {
  operationId: 'listConnections',
  tags: ['Connections'],
  summary: 'List connections',
  description: 'The EMR connections that the calling application may use, with their state and limits.',
  response: {
    200: documented(
      'The connections, in the order of the configuration.',
      Type.Object({ Connections: Type.Array(OwnConnection) }, { additionalProperties: false }),
    ),
    ...problemReplies(...everyRoute),
  },
}

/** `GET /Connections`: what an application may send to, and how that is. */
export const ownConnections: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/Connections', { schema }, async ({ application }) => ({
    Connections: await Promise.all(app.connections.usableBy(application).map((each) => stateFor(application, each))),
  }))
}

async function stateFor(application: Application, { settings, records }: EmrConnection): Promise<OwnConnection> {
  const [{ breaker, heldUntil, control }, depths] = await Promise.all([records.overview(), records.jobs.depths()])
  return {
    EMRSystem: settings.emrSystem,
    EmrInstance: settings.emrInstance,
    ...troubleOf({ breaker, heldUntil, control }),
    Accepting: !control.draining,
    Pending: depths.get(application.name) ?? 0,
    MaxPending: application.maxPending,
    Concurrency: control.limits?.concurrency ?? settings.concurrency,
    RequestsPerSecond: control.limits?.requestsPerSecond ?? settings.requestsPerSecond,
    MaxAttempts: settings.maxAttempts,
    DeadlineHours: settings.deadlineHours,
  }
}

type Seen = Pick<Awaited<ReturnType<EmrConnection['records']['overview']>>, 'breaker' | 'heldUntil' | 'control'>

/** Who paused it, and an operator's words, are not for applications. */
function troubleOf({ breaker, heldUntil, control: { paused, hold } }: Seen) {
  const order = paused ?? hold
  if (order) {
    return {
      State: 'Paused' as const,
      Reason: 'an operator has paused it',
      Since: isoTime(order.at),
      ...(order.until !== undefined && { NextTryAt: isoTime(order.until) }),
    }
  }
  if (breaker.state !== 'closed') {
    return {
      State: 'Sick' as const,
      Reason: breakerReasons[breaker.cause ?? 'failures'],
      Since: isoTime(Math.min(breaker.since, Date.now())),
      NextTryAt: isoTime(Math.max(breaker.until, Date.now())),
    }
  }
  if (heldUntil) return { State: 'Paused' as const, Reason: 'the EMR asked for a pause', NextTryAt: isoTime(heldUntil) }
  return { State: 'Healthy' as const }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
