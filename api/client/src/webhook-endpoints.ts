import type { components, paths } from './openapi.ts'
import { contentOf, type Gateway } from './gateway.ts'
import { newIdempotencyKey } from './request-headers.ts'
import { signalIn, type CallOptions } from './jobs.ts'

type Schemas = components['schemas']

/** Where webhooks of the application go. */
export type WebhookEndpoint = Schemas['WebhookEndpoint']
/** What is said of a new endpoint. */
export type NewWebhookEndpoint = Schemas['NewWebhookEndpoint']
/** A change of an endpoint: what is named is changed, `null` restores the default. */
export type WebhookEndpointChange = Schemas['WebhookEndpointChange']
/** A new endpoint, with the secret that is never shown again. */
export type CreatedWebhookEndpoint = Schemas['CreatedWebhookEndpoint']
/** The state and the tries of a message to one endpoint. */
export type WebhookDelivery = Schemas['WebhookDelivery']
/** Messages of the application as a feed. */
export type WebhookEvents = Schemas['WebhookEvents']
/** The new secret of an endpoint. */
export type RotatedSecret =
  paths['/api/v1/WebhookEndpoints/{EndpointId}/RotateSecret']['post']['responses'][200]['content']['application/json']
/** How many messages were, or would be, sent again. */
export type Recovered =
  paths['/api/v1/WebhookEndpoints/{EndpointId}/Recover']['post']['responses'][200]['content']['application/json']

/** Which deliveries to list; by default all, newest first. */
export type DeliveryFilter = { status?: WebhookDelivery['Status'] | undefined; since?: string | undefined }

/** The webhook endpoints of an application. */
export type WebhookEndpoints = {
  /** Creates an endpoint, once even if it is sent repeatedly. Keep its `Secret`: it is never shown again. */
  create(endpoint: NewWebhookEndpoint, options?: CallOptions): Promise<CreatedWebhookEndpoint>
  /** Lists the endpoints, page by page. */
  list(options?: CallOptions): AsyncGenerator<WebhookEndpoint, void, undefined>
  get(endpointId: string, options?: CallOptions): Promise<WebhookEndpoint>
  change(endpointId: string, change: WebhookEndpointChange, options?: CallOptions): Promise<WebhookEndpoint>
  remove(endpointId: string, options?: CallOptions): Promise<void>
  /** Replaces the secret; the old one signs as well for `overlapHours`, default 24. */
  rotateSecret(
    endpointId: string,
    options?: CallOptions & { overlapHours?: number | undefined; signature?: 'v1' | 'v1a' | undefined },
  ): Promise<RotatedSecret>
  /** Sends a test message; returns its MessageId. */
  test(endpointId: string, options?: CallOptions): Promise<string>
  /** Sends, or with `dryRun` counts, all that the endpoint has not received since a time. */
  recover(
    endpointId: string,
    since: string,
    options?: CallOptions & { dryRun?: boolean | undefined },
  ): Promise<Recovered>
  /** Lists the deliveries of an endpoint, page by page. */
  deliveries(
    endpointId: string,
    filter?: DeliveryFilter,
    options?: CallOptions,
  ): AsyncGenerator<WebhookDelivery, void, undefined>
  delivery(endpointId: string, messageId: string, options?: CallOptions): Promise<WebhookDelivery>
  /** Sends a message again. */
  resend(endpointId: string, messageId: string, options?: CallOptions): Promise<void>
  /** Reads messages as a feed, oldest first; with `waitSeconds`, waits so long for one (at most 60). */
  events(
    about?: CallOptions & { after?: string | undefined; limit?: number | undefined; waitSeconds?: number | undefined },
  ): Promise<WebhookEvents>
}

const ONE = '/api/v1/WebhookEndpoints/{EndpointId}'

/** The calls of a client that concern webhooks. */
export function openWebhookEndpoints({ api }: Gateway): WebhookEndpoints {
  const at = (EndpointId: string, options: CallOptions = {}) => ({
    params: { path: { EndpointId } },
    ...signalIn(options),
  })
  const message = (EndpointId: string, MessageId: string, options: CallOptions = {}) => ({
    params: { path: { EndpointId, MessageId } },
    ...signalIn(options),
  })
  return {
    async create(body, options = {}) {
      const headers = { 'Idempotency-Key': newIdempotencyKey() }
      return contentOf(await api.POST('/api/v1/WebhookEndpoints', { headers, body, ...signalIn(options) }))
    },

    async *list(options = {}) {
      let cursor: string | undefined
      do {
        const params = { query: { Limit: 200, ...(cursor !== undefined && { Cursor: cursor }) } }
        const page = contentOf(await api.GET('/api/v1/WebhookEndpoints', { params, ...signalIn(options) }))
        yield* page.WebhookEndpoints
        cursor = page.Cursor
      } while (cursor !== undefined)
    },

    get: async (id, options) => contentOf(await api.GET(ONE, at(id, options))),
    change: async (id, body, options) => contentOf(await api.PATCH(ONE, { ...at(id, options), body })),
    async remove(id, options) {
      contentOf(await api.DELETE(ONE, at(id, options)))
    },

    async rotateSecret(id, { overlapHours, signature, ...options } = {}) {
      const body = {
        ...(overlapHours !== undefined && { OverlapHours: overlapHours }),
        ...(signature && { Signature: signature }),
      }
      return contentOf(await api.POST(`${ONE}/RotateSecret`, { ...at(id, options), body }))
    },

    test: async (id, options) => contentOf(await api.POST(`${ONE}/Test`, at(id, options))).MessageId,

    async recover(id, since, { dryRun = false, ...options } = {}) {
      const body = { Since: since, DryRun: dryRun }
      return contentOf(await api.POST(`${ONE}/Recover`, { ...at(id, options), body }))
    },

    async *deliveries(id, { status, since } = {}, options = {}) {
      let cursor: string | undefined
      do {
        const query = {
          Limit: 200,
          ...(status && { Status: status }),
          ...(since !== undefined && { Since: since }),
          ...(cursor !== undefined && { Cursor: cursor }),
        }
        const about = { params: { path: { EndpointId: id }, query }, ...signalIn(options) }
        const page = contentOf(await api.GET(`${ONE}/Deliveries`, about))
        yield* page.Deliveries
        cursor = page.Cursor
      } while (cursor !== undefined)
    },

    delivery: async (id, messageId, options) =>
      contentOf(await api.GET(`${ONE}/Deliveries/{MessageId}`, message(id, messageId, options))),
    async resend(id, messageId, options) {
      contentOf(await api.POST(`${ONE}/Deliveries/{MessageId}/Resend`, message(id, messageId, options)))
    },

    async events({ after, limit, waitSeconds = 0, ...options } = {}) {
      const query = { ...(after !== undefined && { After: after }), ...(limit !== undefined && { Limit: limit }) }
      const headers = waitSeconds > 0 ? { Prefer: `wait=${waitSeconds}` } : {}
      return contentOf(await api.GET('/api/v1/Events', { params: { query }, headers, ...signalIn(options) }))
    },
  }
}
