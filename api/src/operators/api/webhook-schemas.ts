import { oneOf, refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { DeliveryStatus, WebhookDelivery } from '@encounter-gateway/shared/contract/webhook-delivery.ts'
import { Type, type Static } from '@sinclair/typebox'
import { Reasoned } from './schemas.ts'

const closed = { additionalProperties: false }
const Time = (description: string) => Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })
const Count = (description: string) => Type.Integer({ minimum: 0, description })

/** Which application is meant; all have an endpoint `ep_config` if the configuration gives them one. */
const OfApplication = Type.Optional(
  Type.String({ maxLength: 64, description: 'The application of the endpoint; required for `ep_config`.' }),
)
export const WhichEndpoint = Type.Object({ Application: OfApplication }, closed)

/** A webhook endpoint as operators see it: no path, header, secret or text of its application. */
export const EndpointRow = Type.Object(
  {
    Application: Type.String(),
    EndpointId: Type.String(),
    Origin: Type.Optional(
      Type.String({ description: 'Scheme, host and port of its URL; the rest may hold a credential.' }),
    ),
    Body: Type.Optional(Type.String({ description: '`thin`, or `full` with the outcome.' })),
    Connections: Type.Optional(Type.Array(Type.String(), { description: 'The connections it wants; all if absent.' })),
    EventTypes: Type.Optional(Type.Array(Type.String(), { description: 'The types it wants; all if absent.' })),
    Unreadable: Type.Optional(Type.Boolean({ description: '`true`: its sealing key is no longer configured.' })),
    State: oneOf(['Enabled', 'Failing', 'Disabled'], {
      description: '`Failing`: several messages in a row failed. `Disabled`: nothing is sent until it is enabled.',
    }),
    ByOrder: Type.Optional(
      Type.Boolean({ description: '`true`: its application or an operator has disabled it, not its failures.' }),
    ),
    Since: Type.Optional(Time('Since when it is in this state.')),
    Reason: Type.Optional(
      Type.String({ description: 'Its last error, or why it is disabled, in words of the gateway.' }),
    ),
    Pending: Count('Messages that wait or are being sent.'),
    DeadLetters: Count('Messages that were given up; at most the newest 50,000.'),
    Missed: Type.Optional(Count('Messages whose retention ended before they could be sent.')),
    LastSuccessAt: Type.Optional(Time('When it last answered 2xx.')),
  },
  closed,
)
export type EndpointRow = Static<typeof EndpointRow>

export const EndpointRows = Type.Object(
  {
    WebhookEndpoints: Type.Array(EndpointRow, { description: 'Those in trouble first.' }),
    More: Type.Optional(Count('Endpoints left out, all less in trouble.')),
  },
  closed,
)
export const EndpointQuery = Type.Object(
  { Application: OfApplication, Limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })) },
  closed,
)

/** A message to an endpoint with each try, as its application sees it. */
export type OperatorDelivery = WebhookDelivery
export const OperatorDeliveries = Type.Object(
  { Deliveries: Type.Array(refTo(WebhookDelivery)), Cursor: Type.Optional(Type.String()) },
  closed,
)
export const DeliveryQuery = Type.Object(
  {
    Application: OfApplication,
    Status: Type.Optional(DeliveryStatus),
    Cursor: Type.Optional(Type.String({ maxLength: 128 })),
    Limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  },
  closed,
)

export const EndpointOrder = Type.Object({ Application: OfApplication, ...Reasoned.properties }, closed)
export const ResendOrder = Type.Object(
  { EndpointId: Type.String({ maxLength: 80 }), Application: OfApplication, ...Reasoned.properties },
  closed,
)
export const RecoverOrder = Type.Object(
  {
    Application: OfApplication,
    Since: Type.String({ format: 'date-time', description: 'Messages made from this time on. RFC 3339.' }),
    DryRun: Type.Optional(Type.Boolean({ description: '`true`: only count, and return `Expect`.' })),
    Expect: Type.Optional(
      Type.String({ maxLength: 64, description: 'From the dry run with the same `Since`; required to act.' }),
    ),
    Reason: Type.Optional(Reasoned.properties.Reason),
  },
  closed,
)
export const RecoverReply = Type.Object(
  {
    Count: Count('Messages since then that it wants and has not received.'),
    Expect: Type.Optional(Type.String()),
  },
  closed,
)
