import { HOUR } from '@encounter-gateway/shared/durations.ts'
import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { FieldError } from '@encounter-gateway/shared/contract/problem.ts'
import { refTo, withoutNulls } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { describeErrors, type SchemaError } from '@encounter-gateway/shared/contract/validation-errors.ts'
import {
  ChangedWebhookEndpoint,
  CreatedWebhookEndpoint,
  NewWebhookEndpoint,
  OVERLAP_HOURS_DEFAULT,
  RotatedSecret,
  SecretRotation,
  WebhookEndpoint,
  WebhookEndpointChange,
  WebhookEndpointList,
} from '@encounter-gateway/shared/contract/webhook-endpoint.ts'
import { isConfigured, type WebhookEndpoint as Endpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import { BY_ITS_OWNER } from '@encounter-gateway/shared/webhooks/lanes.ts'
import { kindOf, newSecret, secretsAt, type SigningSecret } from '@encounter-gateway/shared/webhooks/signing-secrets.ts'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { TSchema } from '@sinclair/typebox'
import { idempotencyKeyOf } from '../encounters/read-parameters.ts'
import { documented, everyRoute, problemReplies } from '../http/documented.ts'
import { Refusal } from '../http/refusal.ts'
import { etagOf, isNamedIn } from '../jobs/etag.ts'
import { noSuchEndpoint, ownEndpoint, type ApplicationWebhooks } from './application-webhooks.ts'
import { createEndpoint } from './create-endpoint.ts'
import { changeSettings, readSettings, type ReadSettings } from './read-settings.ts'
import { showEndpoint, showSigning, showUnreadable } from './show-endpoint.ts'

/** Old secrets that sign at the same time; each is one more signature in every message. */
const OVERLAPPING_MOST = 4

const params = Type.Object({ EndpointId: Type.String({ description: 'The EndpointId from the reply of POST.' }) })
const tags = ['Webhooks']
const about = { tags, params }

const create = {
  tags,
  operationId: 'createWebhookEndpoint',
  summary: 'Create a webhook endpoint',
  description:
    'It gets the messages from now on; `Recover` sends earlier ones. `Secret` is in this reply and never shown again. At most ' +
    '1,000 endpoints per application.',
  headers: Type.Object({
    'Idempotency-Key': Type.Optional(
      Type.String({
        description:
          '1 to 255 characters. The same key with the same body makes one endpoint; for 24 hours, and until its secret is ' +
          'rotated, the reply has the secret again.',
      }),
    ),
  }),
  body: NewWebhookEndpoint,
  response: {
    201: documented('The endpoint, and its secret.', refTo(CreatedWebhookEndpoint), [
      'Location',
      'Idempotency-Replayed',
    ]),
    ...problemReplies(...everyRoute, 'invalid-request', 'invalid-header', 'conflict', 'idempotency-mismatch'),
  },
}

const list = {
  tags,
  operationId: 'listWebhookEndpoints',
  summary: 'List webhook endpoints',
  querystring: Type.Object(
    {
      Cursor: Type.Optional(Type.String({ maxLength: 128, description: 'The `Cursor` of the previous page.' })),
      Limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 200, description: 'Number of endpoints per page. Default 50.' }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: documented('One page of endpoints.', WebhookEndpointList),
    ...problemReplies(...everyRoute, 'invalid-request'),
  },
}

const get = {
  ...about,
  operationId: 'getWebhookEndpoint',
  summary: 'Get a webhook endpoint',
  headers: Type.Object({
    'If-None-Match': Type.Optional(
      Type.String({ description: 'The ETag of an earlier reply: returns 304 if the endpoint has not changed.' }),
    ),
  }),
  response: {
    200: documented('The endpoint.', refTo(WebhookEndpoint), ['ETag']),
    304: documented('The endpoint has not changed.', undefined, ['ETag']),
    ...problemReplies(...everyRoute, 'not-found', 'conflict'),
  },
}

const change = {
  ...about,
  operationId: 'changeWebhookEndpoint',
  summary: 'Change a webhook endpoint',
  description:
    'Changes what the body names, as a JSON merge patch. In force within seconds, also for messages that wait. Of `ep_config` only ' +
    '`Enabled` can be changed.',
  body: WebhookEndpointChange,
  response: {
    200: documented('The endpoint.', refTo(ChangedWebhookEndpoint)),
    ...problemReplies(...everyRoute, 'invalid-request', 'not-found', 'conflict'),
  },
}

const remove = {
  ...about,
  operationId: 'deleteWebhookEndpoint',
  summary: 'Delete a webhook endpoint',
  description: 'Messages that wait for it are not sent. `GET /Events` has them as long as they are kept.',
  response: {
    204: documented('The endpoint is deleted.'),
    ...problemReplies(...everyRoute, 'not-found', 'conflict'),
  },
}

const rotate = {
  ...about,
  operationId: 'rotateWebhookSecret',
  summary: 'Replace the secret of a webhook endpoint',
  description:
    'During the overlap each message has a signature by each secret, so that no receiver refuses one. If a secret has leaked, use ' +
    '`OverlapHours: 0`.',
  body: SecretRotation,
  response: {
    200: documented('The new secret.', RotatedSecret),
    ...problemReplies(...everyRoute, 'invalid-request', 'not-found', 'conflict'),
  },
}

/** `/WebhookEndpoints`: where an application's webhooks go. */
export const webhookEndpoints: FastifyPluginAsyncTypebox<{
  config: Pick<Config, 'sealingKeys' | 'webhooks'>
}> = async (app, { config }) => {
  const rulesOf = (application: Application) => {
    const usable = app.connections.usableBy(application).map(({ settings }) => nameOf(settings))
    return { ...config.webhooks, usable }
  }

  app.post('/WebhookEndpoints', { schema: create, attachValidation: true }, async (request, reply) => {
    const { application } = request
    const webhooks = app.webhooksOf(application)
    const key = idempotencyKeyOf(request)
    const read = settingsIn(
      readSettings(objectIn(request.body), rulesOf(application)),
      request.validationError,
      create.body,
    )
    const { body } = request
    const made = await createEndpoint(webhooks, application, {
      settings: read.settings,
      signature: body.Signature ?? 'v1',
      enabled: body.Enabled ?? true,
      keyed: key === undefined ? undefined : { key, body: withoutNulls(body), sealingKeys: config.sealingKeys },
    })
    const { endpoint } = made
    const shown = showEndpoint(endpoint, await webhooks.lanes.state(endpoint.endpointId, filterOf(endpoint)))
    const [current] = endpoint.secrets
    const secret = made.showSecret && current && kindOf(current.secret) === 'v1' ? current.secret : undefined
    if (made.replayed) reply.header('Idempotency-Replayed', 'true')
    request.log.info({ application: application.name, endpoint: endpoint.endpointId }, 'endpoint.created')
    return reply
      .code(201)
      .header('Location', `/api/v1/WebhookEndpoints/${endpoint.endpointId}`)
      .send({ ...shown, ...(secret && { Secret: secret }), ...(read.notes.length > 0 && { Notes: read.notes }) })
  })

  app.get('/WebhookEndpoints', { schema: list }, async (request, reply) => {
    const { Cursor, Limit = 50 } = request.query
    const { endpoints, lanes } = app.webhooksOf(request.application)
    const { endpoints: readable, unreadable } = await endpoints.list()
    const all = [...readable, ...unreadable.sort()]
    const idOf = (each: (typeof all)[number]) => (typeof each === 'string' ? each : each.endpointId)
    const from = Cursor === undefined ? 0 : all.findIndex((each) => idOf(each) === Cursor) + 1
    if (Cursor !== undefined && from === 0) {
      const Errors = [
        { Pointer: '/Cursor', Message: 'is not the cursor of an earlier page, or that endpoint is deleted' },
      ]
      throw new Refusal('invalid-request', 'The query string is not valid.', { Errors })
    }
    const page = all.slice(from, from + Limit)
    const WebhookEndpoints = await Promise.all(
      page.map(async (each) => {
        if (typeof each === 'string') return showUnreadable(each, await lanes.state(each, {}))
        return showEndpoint(each, await lanes.state(each.endpointId, filterOf(each)))
      }),
    )
    const last = page.at(-1)
    return reply.send({ WebhookEndpoints, ...(last && from + Limit < all.length && { Cursor: idOf(last) }) })
  })

  app.get('/WebhookEndpoints/:EndpointId', { schema: get }, async (request, reply) => {
    const webhooks = app.webhooksOf(request.application)
    const shown = await show(webhooks, await ownEndpoint(webhooks, request.params.EndpointId))
    const etag = etagOf(shown)
    reply.header('ETag', etag)
    if (isNamedIn(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return reply.send(shown)
  })

  app.patch('/WebhookEndpoints/:EndpointId', { schema: change, attachValidation: true }, async (request, reply) => {
    const { application } = request
    const webhooks = app.webhooksOf(application)
    const before = await ownEndpoint(webhooks, request.params.EndpointId)
    const patch = objectIn(request.body)
    const { endpointId } = before
    const named = Object.keys(patch).filter((name) => name !== 'Enabled')
    if (isConfigured(endpointId) && named.length > 0) throw inTheConfiguration()
    const rules = rulesOf(application)
    const read = settingsIn(changeSettings(settingsOf(before), patch, rules), request.validationError, change.body)
    let changed: Endpoint | undefined = before
    if (named.length > 0) {
      changed = await webhooks.endpoints.change(endpointId, (now) => {
        // the one in Redis may have moved since: the patch applies to that
        const again = settingsIn(changeSettings(settingsOf(now), patch, rules), undefined, change.body)
        return { ...identityOf(now), ...again.settings }
      })
    }
    if (!changed) throw noSuchEndpoint()
    if (patch.Enabled === false) await disable(webhooks, endpointId)
    else if (patch.Enabled !== undefined) await webhooks.lanes.open(endpointId)
    request.log.info(
      { application: application.name, endpoint: endpointId, changed: Object.keys(patch) },
      'endpoint.changed',
    )
    const shown = await show(webhooks, changed)
    return reply.send({ ...shown, ...(read.notes.length > 0 && { Notes: read.notes }) })
  })

  app.delete('/WebhookEndpoints/:EndpointId', { schema: remove }, async (request, reply) => {
    const { application, params } = request
    const { endpoints, lanes } = app.webhooksOf(application)
    if (isConfigured(params.EndpointId) && (await endpoints.get(params.EndpointId))) throw inTheConfiguration()
    if (!(await endpoints.remove(params.EndpointId))) throw noSuchEndpoint()
    await lanes.forget(params.EndpointId)
    request.log.info({ application: application.name, endpoint: params.EndpointId }, 'endpoint.deleted')
    return reply.code(204).send()
  })

  app.post('/WebhookEndpoints/:EndpointId/RotateSecret', { schema: rotate }, async (request, reply) => {
    const { application } = request
    const webhooks = app.webhooksOf(application)
    const { endpointId } = await ownEndpoint(webhooks, request.params.EndpointId)
    if (isConfigured(endpointId)) throw inTheConfiguration()
    const { OverlapHours, Signature } = request.body
    const until = Date.now() + (OverlapHours ?? OVERLAP_HOURS_DEFAULT) * HOUR
    const made: Partial<Record<'v1' | 'v1a', string>> = {}
    const rotated = await webhooks.endpoints.change(endpointId, (now) => {
      const kind = Signature ?? showSigning(now, Date.now()).Signature
      made[kind] ??= newSecret(kind)
      return { ...now, secrets: [{ secret: made[kind] }, ...overlapping(now.secrets, until)] }
    })
    const [current] = rotated?.secrets ?? []
    if (!rotated || !current) throw noSuchEndpoint()
    request.log.info({ application: application.name, endpoint: endpointId }, 'endpoint.secretRotated')
    const isShared = kindOf(current.secret) === 'v1'
    const shown = showSigning(rotated, Date.now())
    return reply.send({ EndpointId: endpointId, ...shown, ...(isShared && { Secret: current.secret }) })
  })
}

/** Which messages an endpoint gets. */
export function filterOf({ eventTypes, connections }: Endpoint) {
  return { types: eventTypes, connections }
}

async function show({ lanes }: ApplicationWebhooks, endpoint: Endpoint): Promise<WebhookEndpoint> {
  return showEndpoint(endpoint, await lanes.state(endpoint.endpointId, filterOf(endpoint)))
}

/** The configured endpoint has no lane before its first message. */
async function disable({ lanes }: ApplicationWebhooks, endpointId: string): Promise<void> {
  if (!(await lanes.state(endpointId, {}))) await lanes.open(endpointId)
  await lanes.disable(endpointId, BY_ITS_OWNER)
}

/** The secrets that go on signing until `until`. Throws a 409 if they are too many. */
function overlapping(secrets: readonly SigningSecret[], until: number): SigningSecret[] {
  const now = Date.now()
  const old = secretsAt(secrets, now).map((each) => ({ ...each, until: Math.min(each.until ?? until, until) }))
  const signing = secretsAt(old, now)
  if (signing.length > OVERLAPPING_MOST) {
    const detail = `${OVERLAPPING_MOST} old secrets still sign; wait until one ends, or end them with OverlapHours 0.`
    throw new Refusal('conflict', detail)
  }
  return signing
}

function identityOf({ endpointId, createdAt, secrets, createdBy }: Endpoint) {
  return { endpointId, createdAt, secrets, ...(createdBy !== undefined && { createdBy }) }
}

function settingsOf({ endpointId: _id, createdAt: _at, secrets: _secrets, createdBy: _by, ...settings }: Endpoint) {
  return settings
}

function inTheConfiguration(): Refusal {
  const detail =
    'This endpoint is in the configuration of the gateway: only Enabled can be changed here. Create an endpoint instead.'
  return new Refusal('conflict', detail)
}

/** What is read of a body that may not be an object. */
function objectIn<Body extends object>(body: Body | null): Partial<Body> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}
}

/** The settings. Throws a 400 with all mistakes, those that the schema finds and the others, one per property. */
function settingsIn(
  read: ReadSettings,
  invalid: { validation?: unknown } | undefined,
  schema: TSchema,
): Extract<ReadSettings, { settings: unknown }> {
  const formal = describeErrors((invalid?.validation ?? []) as SchemaError[], schema)
  const mistakes: FieldError[] = 'mistakes' in read ? read.mistakes : []
  const known = new Set(formal.Errors.map(({ Pointer }) => Pointer))
  const Errors = [...formal.Errors, ...mistakes.filter(({ Pointer }) => !known.has(Pointer))]
  if (Errors.length > 0) throw new Refusal('invalid-request', 'The body is not valid.', { ...formal, Errors })
  if ('mistakes' in read) throw new TypeError('settings without mistakes are settings')
  return read
}
