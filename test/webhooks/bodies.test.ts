import { terminalStatuses } from '@encounter-gateway/shared/contract/job.ts'
import { webhookTypes } from '@encounter-gateway/shared/contract/webhook-message.ts'
import { sealingKey } from '@encounter-gateway/shared/sealing/seal.ts'
import { endpointMessageOf, webhookMessageOf, type WebhookMessage } from '@encounter-gateway/shared/webhooks/message.ts'
import { unpackBody } from '@encounter-gateway/shared/webhooks/packed-body.ts'
import { openFullBodies } from '@encounter-gateway/worker/webhooks/full-body.ts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openIngress, type Ingress } from '../fixtures/ingress.ts'

type Schema = { properties: Record<string, Schema>; additionalProperties?: boolean }
type Operation = { post: { requestBody: { content: { 'application/json': { schema: { $ref: string } } } } } }
type Document = { webhooks: Record<string, Operation>; components: { schemas: Record<string, Schema> } }

let gateway: Ingress
let document: Document
beforeAll(async () => {
  gateway = await openIngress()
  document = (await gateway.get('/openapi.json')).json<Document>()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

/** What the document says against a body of this type; names that it does not have are mistakes here. */
function mistakesOf(type: string, body: string) {
  const { $ref } = document.webhooks[type]?.post.requestBody.content['application/json'].schema ?? { $ref: '' }
  const schema = structuredClone(document.components.schemas[$ref.split('/').at(-1) ?? ''])
  if (!schema?.properties['data']) throw new Error(`the document has no schema of ${type}`)
  schema.additionalProperties = false
  schema.properties['data'].additionalProperties = false
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }))
  const check = ajv.compile(schema)
  check(JSON.parse(body))
  return check.errors ?? []
}

const sent = ({ id, type, connection, body }: WebhookMessage) => unpackBody(body, id, type, connection)
const statusCodes = { Succeeded: 201, Failed: 400, OutcomeUnknown: 408, Cancelled: 500, Expired: 502 }

/** A message of each type, as the worker makes it; those about jobs also with a BatchId. */
function messages(): WebhookMessage[] {
  const where = gateway.connection.settings
  const about = { At: Date.now(), Application: 'demo', Round: 1 }
  const ends = terminalStatuses.flatMap((Status) => {
    const event = { ...about, JobId: 'q3f0a7k2m9x1c8v5b6n4', Status, StatusCode: statusCodes[Status] }
    return [webhookMessageOf(event, where), webhookMessageOf({ ...event, BatchId: 'q3f0a7k2m9x1c8v5b6n5' }, where)]
  })
  const login = { ...about, Type: 'login.refused', Login: 'l', JobId: 'q3f0a7k2m9x1c8v5b6n4', StatusCode: 401 } as const
  return [
    ...ends,
    webhookMessageOf({ ...about, BatchId: 'q3f0a7k2m9x1c8v5b6n5' }, where),
    webhookMessageOf(login, where),
    endpointMessageOf('demo', 'ep_1', { type: 'endpoint.failing', percent: 50, since: 0 }, Date.now()),
    endpointMessageOf('demo', 'ep_1', { type: 'endpoint.disabled', reason: 'endpoint answered 410', since: 0 }, 1),
  ]
}

test('each message is as the OpenAPI document says, and each type in the document is sent', async () => {
  const { EndpointId } = (
    await gateway.put('POST', '/api/v1/WebhookEndpoints', { Url: 'https://hooks.example.org/' })
  ).json<{ EndpointId: string }>()
  await gateway.send('POST', `/api/v1/WebhookEndpoints/${EndpointId}/Test`)
  const { taken } = await gateway.app.webhooksOf({ name: gateway.names.demo } as never).lanes.take(EndpointId, 1, {})
  const bodies = [...messages().map(sent), ...taken.map(({ body }) => body)]
  const types = bodies.map((body) => (JSON.parse(body) as { type: string }).type)
  expect(new Set(types)).toEqual(new Set(webhookTypes))
  expect(new Set(Object.keys(document.webhooks))).toEqual(new Set(webhookTypes))
  expect(bodies.flatMap((body, n) => mistakesOf(types[n] ?? '', body))).toEqual([])
  expect(mistakesOf('batch.finished', bodies[0] ?? '')).not.toEqual([])
})

test('each full message is, too', async () => {
  const { settings } = gateway.connection
  const full = openFullBodies(gateway.redis, {
    connections: [settings] as never,
    applications: [{ name: gateway.names.demo, share: 1 }] as never,
    sealingKeys: gateway.sealingKeys.map(({ id, key }) => sealingKey(id, Buffer.from(key, 'base64'))) as never,
    retention: { resultHours: 1, failedPayloadHours: 1, auditDays: 1 },
  })
  const created = { EncounterId: 'E1', AlternativeIdentifiers: [{ Code: 'FIN', Description: 'Number', Value: '1' }] }
  try {
    for (const status of ['Succeeded', 'Failed', 'OutcomeUnknown', 'Cancelled'] as const) {
      const JobId = await gateway.accept()
      const statusCode = statusCodes[status]
      const result = status === 'Succeeded' ? created : { Errors: [{ Pointer: '/PatientId', Message: 'unknown' }] }
      await gateway.finish(JobId, { status, statusCode, result: result as never })
      const event = { JobId, Round: 1, At: Date.now(), Status: status, StatusCode: statusCode, Application: 'demo' }
      const { connection = '', ...message } = webhookMessageOf(event, settings)
      const body = await full.bodyOf({ ...message, connection, body: sent({ ...message, connection }) })
      expect(JSON.parse(body)).toMatchObject({ data: { Result: result } })
      expect(mistakesOf(message.type, body)).toEqual([])
    }
  } finally {
    await full.close()
  }
})
