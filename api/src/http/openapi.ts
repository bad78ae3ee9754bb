import { Batch, BatchItem, BatchRetry } from '@encounter-gateway/shared/contract/batch.ts'
import { EncounterCreated } from '@encounter-gateway/shared/contract/encounter-created.ts'
import { Job } from '@encounter-gateway/shared/contract/job.ts'
import { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Preview } from '@encounter-gateway/shared/contract/preview.ts'
import { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { Readiness } from '@encounter-gateway/shared/contract/readiness.ts'
import {
  ChangedWebhookEndpoint,
  CreatedWebhookEndpoint,
  NewWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointChange,
} from '@encounter-gateway/shared/contract/webhook-endpoint.ts'
import { WebhookDelivery, WebhookEvents } from '@encounter-gateway/shared/contract/webhook-delivery.ts'
import { webhookMessages, type WebhookType } from '@encounter-gateway/shared/contract/webhook-message.ts'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

const header = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description }) as const

/**
 * Generates the OpenAPI 3.1 document from the schemas of the routes. Must be registered before the routes; routes with
 * `hide: true` in their schema are left out.
 */
export const openapi = fp(
  async function openapi(app: FastifyInstance) {
    for (const schema of [
      Problem,
      Job,
      Batch,
      BatchItem,
      BatchRetry,
      EncounterCreated,
      PatientEncounterRequest,
      Readiness,
      Preview,
      NewWebhookEndpoint,
      WebhookEndpoint,
      WebhookEndpointChange,
      CreatedWebhookEndpoint,
      ChangedWebhookEndpoint,
      WebhookDelivery,
      WebhookEvents,
      ...webhookMessages,
    ]) {
      if (!app.getSchema(String(schema.$id))) app.addSchema(schema)
    }
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Encounter Gateway',
          version: '1.0.0',
          summary: 'Creates patient encounters in hospitals’ EMRs, asynchronously.',
          description:
            'Post an encounter in one vocabulary; it is stored durably, and a worker creates it in the EMR named in the URL. ' +
            'Get the outcome by JobId, wait for it with `Prefer: wait=N`, or receive it as a signed webhook.',
          license: { name: 'MIT', identifier: 'MIT' },
        },
        servers: [{ url: '/', description: 'This gateway' }],
        tags: [
          { name: 'PatientEncounters', description: 'Create encounters.' },
          { name: 'Jobs', description: 'Follow, cancel and retry requests.' },
          { name: 'Batches', description: 'Create many encounters with one upload.' },
          { name: 'Connections', description: 'The EMRs that an application may use, and how they are.' },
          { name: 'Webhooks', description: 'Receive a message when a job or batch ends.' },
          { name: 'Operators', description: 'What operators of the gateway see and do.' },
          { name: 'Operations', description: 'For operators of the gateway.' },
        ],
        webhooks: webhookPaths(),
        security: [{ ApplicationName: [], ApplicationKey: [] }],
        components: {
          securitySchemes: {
            ApplicationName: header('ApplicationName', 'Name of the calling application; requires ApplicationKey.'),
            OperatorToken: { type: 'http', scheme: 'bearer', description: 'Token of an operator.' },
            ApplicationKey: header('ApplicationKey', 'Key of the calling application.'),
          },
        },
      },
      // a body that is one of the schemas above becomes a reference to it
      transform: ({ schema, url }) => {
        const id = (schema?.body as { $id?: string } | undefined)?.$id
        return { url, schema: id && app.getSchema(id) ? { ...schema, body: { $ref: `${id}#` } } : schema }
      },
      refResolver: {
        buildLocalReference: ({ $id }, _base, _fragment, index) => (typeof $id === 'string' ? $id : `def-${index}`),
      },
    })
  },
  { name: 'openapi' },
)

/** The requests that the gateway sends, one for each type of message. */
function webhookPaths() {
  const header = (name: string, description: string) =>
    ({ in: 'header', name, required: true, description, schema: { type: 'string' } }) as const
  const parameters = [
    header('webhook-id', 'The MessageId, the same at every try: drop what you have seen.'),
    header('webhook-timestamp', 'Seconds since the epoch: the time of this try.'),
    header('webhook-signature', 'One signature per secret, `v1,...` or `v1a,...`, separated by spaces.'),
  ]
  const each = webhookMessages.flatMap(({ $id, description = '', properties }) => {
    const { enum: types } = properties.type as unknown as { enum: WebhookType[] }
    return types.map((type) => {
      const operation = {
        operationId: `on ${type}`.replaceAll(/[ ._]+(\w)/g, (_, letter: string) => letter.toUpperCase()),
        tags: ['Webhooks'],
        summary: `Receive ${type}`,
        description,
        parameters,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: `#/components/schemas/${$id}` } } },
        },
        responses: {
          '2XX': { description: 'Received. Any other answer is tried again.' },
          '410': { description: 'No more messages: the endpoint is disabled.' },
        },
        security: [],
      }
      return [type, { post: operation }] as const
    })
  })
  return Object.fromEntries(each)
}
