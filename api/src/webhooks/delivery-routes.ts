import type { Config } from '@encounter-gateway/shared/config/config.ts'
import { refTo } from '@encounter-gateway/shared/contract/schema-forms.ts'
import {
  DeliveryStatus,
  QueuedMessage,
  Recovered,
  Recovery,
  WebhookDelivery,
  WebhookDeliveryList,
} from '@encounter-gateway/shared/contract/webhook-delivery.ts'
import type { WebhookType } from '@encounter-gateway/shared/contract/webhook-message.ts'
import { isDeliveryCursor, type Delivery } from '@encounter-gateway/shared/webhooks/deliveries.ts'
import type { WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { randomBytes } from 'node:crypto'
import { documented, everyRoute, problemReplies } from '../http/documented.ts'
import { Refusal } from '../http/refusal.ts'
import { ownEndpoint, type ApplicationWebhooks } from './application-webhooks.ts'
import { filterOf } from './routes.ts'

const HOUR_MS = 3_600_000

const EndpointId = Type.String({ description: 'The EndpointId from the reply of POST.' })
const MessageId = Type.String({ description: 'The `webhook-id` of the message.' })
const tags = ['Webhooks']
const ofEndpoint = { tags, params: Type.Object({ EndpointId }) }
const ofMessage = { tags, params: Type.Object({ EndpointId, MessageId }) }
const queued = documented('The message waits to be sent.', QueuedMessage, ['Location'])

const test = {
  ...ofEndpoint,
  operationId: 'testWebhookEndpoint',
  summary: 'Send a test message to a webhook endpoint',
  description:
    'Sends `webhook.test` to this endpoint alone, whatever its `EventTypes`. Its delivery shows how it was answered.',
  response: { 202: queued, ...problemReplies(...everyRoute, 'not-found', 'conflict') },
}

const recover = {
  ...ofEndpoint,
  operationId: 'recoverWebhookEndpoint',
  summary: 'Send what a webhook endpoint has not received',
  description:
    'All messages since a time that the endpoint wants and has never answered with 2xx, also those from before it was ' +
    'created. Count first, with `DryRun`.',
  body: Recovery,
  response: {
    200: documented('How many there are, or are sent now.', Recovered),
    ...problemReplies(...everyRoute, 'invalid-request', 'not-found', 'conflict'),
  },
}

const list = {
  ...ofEndpoint,
  operationId: 'listWebhookDeliveries',
  summary: 'List the deliveries of a webhook endpoint',
  querystring: Type.Object(
    {
      Status: Type.Optional(DeliveryStatus),
      Since: Type.Optional(
        Type.String({
          format: 'date-time',
          description: 'None before this time. RFC 3339. The time that orders the list is meant.',
        }),
      ),
      Cursor: Type.Optional(Type.String({ maxLength: 128, description: 'The `Cursor` of the previous page.' })),
      Limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 200, description: 'Number of deliveries per page. Default 50.' }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: documented('One page of deliveries.', WebhookDeliveryList),
    ...problemReplies(...everyRoute, 'invalid-request', 'not-found', 'conflict'),
  },
}

const get = {
  ...ofMessage,
  operationId: 'getWebhookDelivery',
  summary: 'Get a delivery with each try',
  response: {
    200: documented('The delivery.', refTo(WebhookDelivery)),
    ...problemReplies(...everyRoute, 'not-found', 'conflict'),
  },
}

const resend = {
  ...ofMessage,
  operationId: 'resendWebhookMessage',
  summary: 'Send a message to a webhook endpoint again',
  description: 'Also one that was delivered, with the same `webhook-id`. One that waits is sent anyway.',
  response: { 202: queued, ...problemReplies(...everyRoute, 'not-found', 'conflict') },
}

/** `/WebhookEndpoints/:EndpointId`: tests it, recovers what it missed, and lists its deliveries. */
export const webhookDeliveries: FastifyPluginAsyncTypebox<{ config: Pick<Config, 'webhooks'> }> = async (
  app,
  { config },
) => {
  const retentionMs = config.webhooks.retentionHours * HOUR_MS

  app.post('/WebhookEndpoints/:EndpointId/Test', { schema: test }, async (request, reply) => {
    const webhooks = app.webhooksOf(request.application)
    const { endpointId } = await enabledEndpoint(webhooks, request.params.EndpointId)
    const id = `msg_test_${randomBytes(12).toString('hex')}`
    const body = {
      type: 'webhook.test',
      timestamp: new Date().toISOString(),
      data: { EndpointId: endpointId },
    } as const
    await webhooks.feed.publish([{ id, type: body.type, body: JSON.stringify(body), only: endpointId }])
    return reply.code(202).header('Location', pathOf(endpointId, id)).send({ MessageId: id })
  })

  app.post('/WebhookEndpoints/:EndpointId/Recover', { schema: recover }, async (request, reply) => {
    const webhooks = app.webhooksOf(request.application)
    const { Since, DryRun = false } = request.body
    const endpoint = await (DryRun ? ownEndpoint : enabledEndpoint)(webhooks, request.params.EndpointId)
    const { deliveries } = webhooks
    const about = [endpoint.endpointId, Date.parse(Since), filterOf(endpoint)] as const
    const Count = await (DryRun ? deliveries.undelivered(...about) : deliveries.recover(...about))
    return reply.send({ Count, KeptSince: new Date(Date.now() - retentionMs).toISOString() })
  })

  app.get('/WebhookEndpoints/:EndpointId/Deliveries', { schema: list }, async (request, reply) => {
    const webhooks = app.webhooksOf(request.application)
    const { Status, Since, Cursor, Limit = 50 } = request.query
    if (Cursor !== undefined && !isDeliveryCursor(Cursor)) {
      const Errors = [{ Pointer: '/Cursor', Message: 'is not the cursor of an earlier page' }]
      throw new Refusal('invalid-request', 'The query string is not valid.', { Errors })
    }
    const endpoint = await ownEndpoint(webhooks, request.params.EndpointId)
    const { deliveries, next } = await webhooks.deliveries.list(endpoint.endpointId, {
      status: Status,
      since: Since === undefined ? undefined : Date.parse(Since),
      after: Cursor,
      limit: Limit,
      filter: filterOf(endpoint),
    })
    return reply.send({ Deliveries: deliveries.map(showDelivery), ...(next !== undefined && { Cursor: next }) })
  })

  app.get('/WebhookEndpoints/:EndpointId/Deliveries/:MessageId', { schema: get }, async (request, reply) => {
    const webhooks = app.webhooksOf(request.application)
    const { endpointId } = await ownEndpoint(webhooks, request.params.EndpointId)
    const delivery = await webhooks.deliveries.get(endpointId, request.params.MessageId)
    if (!delivery) throw noSuchMessage()
    return reply.send(showDelivery(delivery))
  })

  app.post('/WebhookEndpoints/:EndpointId/Deliveries/:MessageId/Resend', { schema: resend }, async (request, reply) => {
    const webhooks = app.webhooksOf(request.application)
    const { endpointId } = await ownEndpoint(webhooks, request.params.EndpointId)
    const { MessageId } = request.params
    const said = await webhooks.deliveries.resend(endpointId, MessageId)
    if (said === 'unknown') throw noSuchMessage()
    if (said === 'disabled') throw disabled()
    return reply.code(202).header('Location', pathOf(endpointId, MessageId)).send({ MessageId })
  })
}

/** As `ownEndpoint`; throws a 409 for one that is disabled, since what it is to be sent would wait. */
async function enabledEndpoint(webhooks: ApplicationWebhooks, endpointId: string): Promise<WebhookEndpoint> {
  const endpoint = await ownEndpoint(webhooks, endpointId)
  const lane = await webhooks.lanes.state(endpointId, filterOf(endpoint))
  if (lane?.state === 'Disabled') throw disabled()
  // the configured endpoint has no lane before its first message
  if (!lane) await webhooks.lanes.open(endpointId)
  return endpoint
}

function disabled(): Refusal {
  return new Refusal('conflict', 'The endpoint is disabled; enable it first: PATCH {"Enabled": true}.')
}

function noSuchMessage(): Refusal {
  return new Refusal('not-found', 'The endpoint has no message with this MessageId, or it is no longer kept.')
}

function pathOf(endpointId: string, messageId: string): string {
  return `/api/v1/WebhookEndpoints/${endpointId}/Deliveries/${messageId}`
}

/** A delivery as its application sees it; nothing in it is of a patient. */
export function showDelivery({ id, type, status, at, body, tries }: Delivery): WebhookDelivery {
  const { data } = JSON.parse(body) as {
    data: Pick<WebhookDelivery, 'JobId' | 'BatchId' | 'EMRSystem' | 'EmrInstance'>
  }
  const { JobId, BatchId, EMRSystem, EmrInstance } = data
  const time = (ms: number) => new Date(ms).toISOString()
  return {
    MessageId: id,
    Type: type as WebhookType,
    Status: status,
    CreatedAt: time(at),
    ...(JobId !== undefined && { JobId }),
    ...(BatchId !== undefined && { BatchId }),
    ...(EMRSystem !== undefined && { EMRSystem }),
    ...(EmrInstance !== undefined && { EmrInstance }),
    Tries: tries.map(({ at: began, ms, status: answered, failure, nextAt }) => ({
      At: time(began),
      DurationMs: Math.round(ms),
      ...(answered !== undefined && { StatusCode: answered }),
      ...(failure !== undefined && { Error: failure }),
      ...(nextAt !== undefined && { NextAt: time(nextAt) }),
    })),
  }
}
