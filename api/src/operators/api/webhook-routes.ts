import { isDeliveryCursor } from '@encounter-gateway/shared/webhooks/deliveries.ts'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { documented, problemReplies } from '../../http/documented.ts'
import { Refusal } from '../../http/refusal.ts'
import { countUndelivered, recoverMessages, resendMessage, setEndpoint } from '../webhook-acts.ts'
import { readDeliveries, readEndpointRow, readEndpointRows, seenEndpoint } from '../webhooks-seen.ts'
import {
  acting,
  actingOn,
  actorOf,
  everyRoute,
  mistakeIn,
  operatorOf,
  operatorRoute,
  type OperatorApiOptions,
} from './operator-route.ts'
import * as schemas from './webhook-schemas.ts'

const params = Type.Object({ EndpointId: Type.String() })
const row = documented('The endpoint as it is now.', schemas.EndpointRow)
const refusals = problemReplies(...everyRoute, 'invalid-request', 'not-found')

/** `/WebhookEndpoints` and `/Deliveries`: the endpoints of all applications, what they were sent, and acts on them. */
export const webhookRoutes: FastifyPluginAsyncTypebox<OperatorApiOptions> = async (app, { applications }) => {
  const looking = (request: FastifyRequest) => ({ app, applications, operator: operatorOf(request) })
  const on = (request: FastifyRequest) => ({ ...actingOn(app, request, applications), ...looking(request) })

  app.get(
    '/WebhookEndpoints',
    {
      schema: {
        ...operatorRoute,
        operationId: 'listOperatorWebhookEndpoints',
        summary: 'List the webhook endpoints of all applications, those in trouble first',
        querystring: schemas.EndpointQuery,
        response: { 200: documented('The endpoints.', schemas.EndpointRows), ...refusals },
      },
    },
    async (request, reply) => {
      const { Application, Limit = 100 } = request.query
      const { rows, more } = await readEndpointRows(looking(request), { application: Application, limit: Limit })
      return reply.send({ WebhookEndpoints: rows, ...(more > 0 && { More: more }) })
    },
  )

  app.get(
    '/WebhookEndpoints/:EndpointId',
    {
      schema: {
        ...operatorRoute,
        params,
        querystring: schemas.WhichEndpoint,
        operationId: 'getOperatorWebhookEndpoint',
        summary: 'Get a webhook endpoint',
        response: { 200: row, ...refusals },
      },
    },
    async (request, reply) => {
      const { EndpointId: endpointId } = request.params
      const seen = await seenEndpoint(looking(request), { endpointId, application: request.query.Application })
      return reply.send(await readEndpointRow(seen))
    },
  )

  app.get(
    '/WebhookEndpoints/:EndpointId/Deliveries',
    {
      schema: {
        ...operatorRoute,
        params,
        querystring: schemas.DeliveryQuery,
        operationId: 'listOperatorDeliveries',
        summary: 'List the deliveries of a webhook endpoint with each try',
        response: { 200: documented('One page of deliveries.', schemas.OperatorDeliveries), ...refusals },
      },
    },
    async (request, reply) => {
      const { Application, Status, Cursor, Limit = 50 } = request.query
      if (Cursor !== undefined && !isDeliveryCursor(Cursor)) {
        const Errors = [{ Pointer: '/Cursor', Message: 'is not the cursor of an earlier page' }]
        throw new Refusal('invalid-request', 'The query string is not valid.', { Errors })
      }
      const which = { endpointId: request.params.EndpointId, application: Application }
      const seen = await seenEndpoint(looking(request), which)
      const page = { status: Status, after: Cursor, limit: Limit }
      return reply.send(await readDeliveries(looking(request), seen, page))
    },
  )

  for (const [name, summary] of [
    ['Enable', 'Send to a webhook endpoint again, from where it stopped'],
    ['Disable', 'Send nothing more to a webhook endpoint'],
  ] as const) {
    app.post(
      `/WebhookEndpoints/:EndpointId/${name}`,
      {
        config: acting,
        schema: {
          ...operatorRoute,
          params,
          body: schemas.EndpointOrder,
          operationId: `${name.toLowerCase()}OperatorWebhookEndpoint`,
          summary,
          response: { 200: row, ...refusals },
        },
      },
      async (request, reply) => {
        const { Application, Reason } = request.body
        const which = { endpointId: request.params.EndpointId, application: Application }
        const seen = await seenEndpoint(looking(request), which)
        await setEndpoint(on(request), actorOf(request, Reason), seen, name)
        return reply.send(await readEndpointRow(seen))
      },
    )
  }

  app.post(
    '/WebhookEndpoints/:EndpointId/Recover',
    {
      config: acting,
      schema: {
        ...operatorRoute,
        params,
        body: schemas.RecoverOrder,
        operationId: 'recoverOperatorWebhookEndpoint',
        summary: 'Send what a webhook endpoint has not received',
        description:
          'With `DryRun` it only counts and returns `Expect`, which the act requires; the act is refused if the number has ' +
          'moved by more than a tenth since.',
        response: {
          200: documented('How many there are, or are sent now.', schemas.RecoverReply),
          ...problemReplies(...everyRoute, 'invalid-request', 'not-found', 'conflict', 'count-moved'),
        },
      },
    },
    async (request, reply) => {
      const { Application, Since, DryRun, Expect, Reason } = request.body
      const which = { endpointId: request.params.EndpointId, application: Application }
      const seen = await seenEndpoint(looking(request), which)
      const since = Date.parse(Since)
      if (DryRun) return reply.send(await countUndelivered(looking(request), seen, since))
      if (Reason === undefined) throw mistakeIn('Reason', 'is required to act')
      const about = { since, expect: Expect }
      return reply.send(await recoverMessages(on(request), actorOf(request, Reason), seen, about))
    },
  )

  app.post(
    '/Deliveries/:MessageId/Resend',
    {
      config: acting,
      schema: {
        ...operatorRoute,
        params: Type.Object({ MessageId: Type.String() }),
        body: schemas.ResendOrder,
        operationId: 'resendOperatorDelivery',
        summary: 'Send a message to a webhook endpoint again',
        response: {
          200: row,
          ...problemReplies(...everyRoute, 'invalid-request', 'not-found', 'conflict'),
        },
      },
    },
    async (request, reply) => {
      const { EndpointId: endpointId, Application, Reason } = request.body
      const seen = await seenEndpoint(looking(request), { endpointId, application: Application })
      await resendMessage(on(request), actorOf(request, Reason), seen, request.params.MessageId)
      return reply.send(await readEndpointRow(seen))
    },
  )
}
