import { Type, type Static } from '@sinclair/typebox'
import { controlFreePattern, oneOf, optional } from './schema-forms.ts'
import { webhookTypes } from './webhook-message.ts'

const closed = { additionalProperties: false }
const Time = (description: string) => Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })

/** Hours for which an old secret may go on signing. */
const OVERLAP_HOURS_MOST = 7 * 24
export const OVERLAP_HOURS_DEFAULT = 24

const Body = oneOf(['thin', 'full'], {
  description:
    '`thin` (default): a message names the job; get the rest with your ApplicationKey. `full`: `data.Result` holds the outcome, ' +
    'which is patient data; only for https, and only if you choose it.',
})
const Signature = oneOf(['v1', 'v1a'], {
  description:
    '`v1` (default): HMAC-SHA256 with a secret that both sides have. `v1a`: ed25519; only the gateway can sign, and you ' +
    'verify with `PublicKey`.',
})
const EventTypes = Type.Array(oneOf(webhookTypes), {
  minItems: 1,
  uniqueItems: true,
  description: 'The types of messages that it gets; all if absent. `["batch.finished"]`: one message per batch.',
})
const Connections = Type.Array(Type.String({ minLength: 1, maxLength: 80 }), {
  minItems: 1,
  maxItems: 1_000,
  uniqueItems: true,
  description:
    'The connections whose messages it gets, such as `Cerner.default`; all that the application may use if absent.',
})
const Description = Type.String({ maxLength: 256, pattern: controlFreePattern, description: 'For people.' })
const RequestsPerSecond = Type.Integer({
  minimum: 1,
  maximum: 1_000,
  description: 'Messages sent per second at most, over all workers; no limit of its own if absent.',
})
const Enabled = Type.Boolean({
  description: '`false`: nothing is sent; messages wait as long as they are kept. Default `true`.',
})
const url =
  'Where messages are posted: https, or http if the gateway allows it. Credentials in it (`https://name:password@host/`) ' +
  'become a Basic `Authorization` header.'
const headers =
  'Sent with each message, at most 20. Not those that the gateway sets itself. `Authorization` takes `Basic ...` or ' +
  '`Bearer ...`.'
const Headers = Type.Record(Type.String(), Type.String({ maxLength: 4_096 }), {
  maxProperties: 20,
  description: headers,
})
const ClientCertificate = Type.Object(
  {
    Certificate: Type.String({ maxLength: 32_768, description: 'PEM, with intermediate certificates.' }),
    Key: Type.String({ maxLength: 32_768, description: 'PEM, not encrypted.' }),
  },
  { ...closed, description: 'For mutual TLS. The key is stored sealed and never shown.' },
)

/** What an application says of a new endpoint. `null` counts as absent. */
export const NewWebhookEndpoint = Type.Object(
  {
    Url: Type.String({ minLength: 1, maxLength: 2_048, description: url }),
    Description: optional(Description),
    EventTypes: optional(EventTypes),
    Connections: optional(Connections),
    Body: optional(Body),
    Headers: optional(Headers),
    ClientCertificate: optional(ClientCertificate),
    RequestsPerSecond: optional(RequestsPerSecond),
    Enabled: optional(Enabled),
    Signature: optional(Signature),
  },
  {
    $id: 'NewWebhookEndpoint',
    description: 'A new endpoint.',
    ...closed,
    examples: [{ Url: 'https://hooks.example.org/encounters', EventTypes: ['encounter.failed', 'batch.finished'] }],
  },
)
export type NewWebhookEndpoint = Static<typeof NewWebhookEndpoint>

/** A change of an endpoint: a JSON merge patch (RFC 7396). */
export const WebhookEndpointChange = Type.Object(
  {
    Url: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048, description: url })),
    Description: optional(Description),
    EventTypes: optional(EventTypes),
    Connections: optional(Connections),
    Body: optional(Body),
    Headers: optional(
      Type.Record(Type.String(), Type.Union([Type.String({ maxLength: 4_096 }), Type.Null()]), {
        maxProperties: 40,
        description: `${headers} Those not named stay; \`null\` removes one.`,
      }),
    ),
    ClientCertificate: optional(ClientCertificate),
    RequestsPerSecond: optional(RequestsPerSecond),
    Enabled: optional(Enabled),
  },
  {
    $id: 'WebhookEndpointChange',
    description: 'What is named is changed, the rest stays; `null` restores the default (RFC 7396).',
    ...closed,
    examples: [{ Enabled: true, Description: null }],
  },
)
export type WebhookEndpointChange = Static<typeof WebhookEndpointChange>

/** An endpoint as shown to its application; never with a secret that signs. */
export const WebhookEndpoint = Type.Object(
  {
    EndpointId: Type.String({ description: '`ep_config` is the one in the configuration of the gateway.' }),
    Url: Type.Optional(Type.String({ description: 'Without credentials.' })),
    Description: Type.Optional(Description),
    EventTypes: Type.Optional(EventTypes),
    Connections: Type.Optional(Connections),
    Body: Type.Optional(Body),
    Headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'Those without credentials; see `HiddenHeaders`.' }),
    ),
    HiddenHeaders: Type.Optional(
      Type.Array(Type.String(), { description: 'Names of headers whose values may be credentials and are not shown.' }),
    ),
    ClientCertificate: Type.Optional(Type.Object({ Subject: Type.String(), ExpiresAt: Time('When it ends.') }, closed)),
    RequestsPerSecond: Type.Optional(RequestsPerSecond),
    Enabled: Enabled,
    Signature: Type.Optional(Signature),
    PublicKey: Type.Optional(Type.String({ description: 'With `v1a`: `whpk_` and the base64 of 32 bytes.' })),
    OldSecretUntil: Type.Optional(Time('Until when the secret before a rotation signs as well.')),
    CreatedAt: Type.Optional(Time('When it was created.')),
    State: oneOf(['Enabled', 'Failing', 'Disabled'], {
      description:
        '`Failing`: several messages in a row failed; it is tried with a growing pause. `Disabled`: nothing is sent until ' +
        '`Enabled` is set to `true`.',
    }),
    Since: Type.Optional(Time('Since when it is in this state.')),
    Reason: Type.Optional(Type.String({ description: 'Why, in words of the gateway.' })),
    Pending: Type.Integer({ minimum: 0, description: 'Messages that wait or are being sent.' }),
    Missed: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Messages whose retention ended before they could be sent.' }),
    ),
    LastSuccessAt: Type.Optional(Time('When it last answered 2xx.')),
  },
  { $id: 'WebhookEndpoint', description: 'A webhook endpoint of the application.', ...closed },
)
export type WebhookEndpoint = Static<typeof WebhookEndpoint>

const Secret = Type.Optional(
  Type.String({
    description: 'With `v1`: `whsec_` and the base64 of 32 bytes. Shown here and never again; store it.',
  }),
)

/** The answer to the creation of an endpoint. */
export const CreatedWebhookEndpoint = Type.Object(
  {
    ...WebhookEndpoint.properties,
    Secret,
    Notes: Type.Optional(Type.Array(Type.String(), { description: 'What was understood otherwise than written.' })),
  },
  { $id: 'CreatedWebhookEndpoint', description: 'A new endpoint, and its secret.', ...closed },
)
export type CreatedWebhookEndpoint = Static<typeof CreatedWebhookEndpoint>

/** The answer to a change of an endpoint. */
export const ChangedWebhookEndpoint = Type.Object(
  { ...WebhookEndpoint.properties, Notes: CreatedWebhookEndpoint.properties.Notes },
  { $id: 'ChangedWebhookEndpoint', description: 'An endpoint after a change.', ...closed },
)

/** One page of an application's endpoints. */
export const WebhookEndpointList = Type.Object(
  {
    WebhookEndpoints: Type.Array(Type.Unsafe<WebhookEndpoint>({ $ref: 'WebhookEndpoint#' }), {
      description: 'The configured one first, then by age.',
    }),
    Cursor: Type.Optional(
      Type.String({ description: 'Pass it as `Cursor` to get the next page; absent on the last page.' }),
    ),
  },
  { description: 'One page of endpoints.', ...closed },
)

/** The order to replace a secret. */
export const SecretRotation = Type.Object(
  {
    OverlapHours: optional(
      Type.Number({
        minimum: 0,
        maximum: OVERLAP_HOURS_MOST,
        description: `For how long the old secrets sign as well, in hours; default ${OVERLAP_HOURS_DEFAULT}. 0 ends them at once.`,
      }),
    ),
    Signature: optional(
      Type.Unsafe<'v1' | 'v1a'>({ ...Signature, description: 'The kind of the new one; as before if absent.' }),
    ),
  },
  { description: 'How to rotate.', ...closed },
)

/** The answer to a rotation. */
export const RotatedSecret = Type.Object(
  {
    EndpointId: Type.String(),
    Signature,
    Secret,
    PublicKey: WebhookEndpoint.properties.PublicKey,
    OldSecretUntil: WebhookEndpoint.properties.OldSecretUntil,
  },
  { description: 'The new secret. It signs from now on, beside the old one while that lasts.', ...closed },
)
