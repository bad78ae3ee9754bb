import { Type, type TSchema } from '@sinclair/typebox'
import { EmrSystem } from './emr-system-schema.ts'
import { oneOf } from './schema-forms.ts'

const encounterTypes = [
  'encounter.created',
  'encounter.failed',
  'encounter.outcome_unknown',
  'encounter.cancelled',
  'encounter.expired',
] as const

/** The types of messages to webhook endpoints, which `EventTypes` of an endpoint may name. */
export const webhookTypes = [
  ...encounterTypes,
  'batch.finished',
  'login.refused',
  'endpoint.failing',
  'endpoint.disabled',
  'webhook.test',
] as const

/** The `type` of a message. */
export type WebhookType = (typeof webhookTypes)[number]

// receivers must bear properties that come later, so nothing here is closed
const where = {
  EMRSystem: EmrSystem,
  EmrInstance: Type.String({ description: 'The connection to that EMR.' }),
}
const BatchId = Type.Optional(Type.String({ description: 'The batch, if the job came with one.' }))
const Time = (description: string) => Type.String({ format: 'date-time', description: `${description} RFC 3339, UTC.` })

function message($id: string, description: string, types: readonly WebhookType[], data: Record<string, TSchema>) {
  return Type.Object(
    { type: oneOf(types), timestamp: Time('When it happened.'), data: Type.Object(data) },
    { $id, description },
  )
}

/** A job has ended. */
export const EncounterMessage = message('EncounterMessage', 'A job has ended.', encounterTypes, {
  JobId: Type.String({ description: 'The job; get the rest with it.' }),
  BatchId,
  ...where,
  StatusCode: Type.Integer({ description: 'The status that a waiting request was or would have been answered with.' }),
  Result: Type.Optional(
    Type.Unknown({
      description: 'Only in full messages: what `GET /Jobs/{JobId}` has of the outcome, or a `Problem`. Patient data.',
    }),
  ),
})

/** Every item of a batch has ended. */
export const BatchMessage = message('BatchMessage', 'Every item of a batch has ended.', ['batch.finished'], {
  BatchId: Type.String(),
  ...where,
})

/** An EMR refuses a login. */
export const LoginMessage = message(
  'LoginMessage',
  'An EMR refuses a login several times in a row; its jobs wait for new credentials.',
  ['login.refused'],
  {
    JobId: Type.String({ description: 'The job that was refused last: its login is meant.' }),
    ...where,
    StatusCode: Type.Integer(),
  },
)

/** Another endpoint of the application fails. */
export const EndpointMessage = message(
  'EndpointMessage',
  'Another endpoint of the application answers no message: it will be, or is, disabled.',
  ['endpoint.failing', 'endpoint.disabled'],
  {
    EndpointId: Type.String(),
    FailingSince: Time('Since when no message was delivered.'),
    Percent: Type.Optional(
      Type.Integer({ description: 'How much of the time has passed after which it is disabled.' }),
    ),
    Reason: Type.Optional(Type.String({ description: 'Why it was disabled.' })),
  },
)

/** A test ordered by the owner of an endpoint. */
export const TestMessage = message('TestMessage', 'A test that the application ordered.', ['webhook.test'], {
  EndpointId: Type.String(),
})

/** The schema of each message, by its types. */
export const webhookMessages = [EncounterMessage, BatchMessage, LoginMessage, EndpointMessage, TestMessage]
