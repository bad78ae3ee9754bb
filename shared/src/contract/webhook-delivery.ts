import { Type, type Static } from '@sinclair/typebox'
import { EmrSystem } from './emr-system-schema.ts'
import { oneOf, refTo } from './schema-forms.ts'
import { webhookTypes } from './webhook-message.ts'

const closed = { additionalProperties: false }
const Time = (description: string) => Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })

/** The state and the tries of a message to one endpoint. */
export const DeliveryStatus = oneOf(['Waiting', 'Delivered', 'Failed'], {
  description:
    '`Waiting`: not sent yet, being sent, or to be tried again. `Delivered`: answered 2xx. `Failed`: given up; `Resend` ' +
    'and `Recover` send it again.',
})

const DeliveryTry = Type.Object(
  {
    At: Time('When it began.'),
    DurationMs: Type.Integer({ minimum: 0 }),
    StatusCode: Type.Optional(Type.Integer({ description: 'The status of the answer, if there was one.' })),
    Error: Type.Optional(Type.String({ description: 'Why it failed, in words of the gateway.' })),
    NextAt: Type.Optional(Time('When the next one is made; absent after the last one.')),
  },
  closed,
)

/** A message to one endpoint, with each try. */
export const WebhookDelivery = Type.Object(
  {
    MessageId: Type.String({ description: 'The `webhook-id`, the same at every try.' }),
    Type: oneOf(webhookTypes),
    Status: DeliveryStatus,
    CreatedAt: Time('When the message was made.'),
    JobId: Type.Optional(Type.String()),
    BatchId: Type.Optional(Type.String()),
    EMRSystem: Type.Optional(EmrSystem),
    EmrInstance: Type.Optional(Type.String()),
    Tries: Type.Array(DeliveryTry, { description: 'Newest last; the newest 20.' }),
  },
  { $id: 'WebhookDelivery', description: 'The state and the tries of a message to one endpoint.', ...closed },
)
export type WebhookDelivery = Static<typeof WebhookDelivery>

/** One page of deliveries. */
export const WebhookDeliveryList = Type.Object(
  {
    Deliveries: Type.Array(refTo(WebhookDelivery), { description: 'Newest first.' }),
    Cursor: Type.Optional(
      Type.String({ description: 'Pass it as `Cursor` to get the next page; absent on the last page.' }),
    ),
  },
  { description: 'One page of deliveries.', ...closed },
)

/** The answer to a message that is sent, or sent again. */
export const QueuedMessage = Type.Object(
  { MessageId: Type.String({ description: 'Its delivery: `GET .../Deliveries/{MessageId}`.' }) },
  { description: 'The message waits to be sent.', ...closed },
)

/** The order to send what an endpoint has not received. */
export const Recovery = Type.Object(
  {
    Since: Type.String({ format: 'date-time', description: 'Messages made from this time on. RFC 3339.' }),
    DryRun: Type.Optional(Type.Boolean({ description: '`true`: only count.' })),
  },
  { description: 'What to send.', ...closed },
)

/** The answer to a recovery. */
export const Recovered = Type.Object(
  {
    Count: Type.Integer({
      minimum: 0,
      description: 'Messages since then that the endpoint wants and has not received.',
    }),
    KeptSince: Time('Messages before it are no longer kept.'),
  },
  { description: 'How many messages are, or would be, sent.', ...closed },
)

/** A part of an application's messages, as a feed. */
export const WebhookEvents = Type.Object(
  {
    Events: Type.Array(
      Type.Object({
        Cursor: Type.String({ description: 'Its place: `After` for what follows it.' }),
        MessageId: Type.String({ description: 'The `webhook-id` that endpoints get.' }),
        type: oneOf(webhookTypes),
        timestamp: Time('When it happened.'),
        data: Type.Object({}, { additionalProperties: true, description: 'As in the webhook of this type.' }),
      }),
      { description: 'Oldest first.' },
    ),
    After: Type.Optional(Type.String({ description: 'Pass it as `After` next time, also if there were no events.' })),
    Missed: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Messages after your `After` that are no longer kept.' }),
    ),
  },
  { $id: 'WebhookEvents', description: 'Messages of the application, oldest first.', ...closed },
)
export type WebhookEvents = Static<typeof WebhookEvents>
