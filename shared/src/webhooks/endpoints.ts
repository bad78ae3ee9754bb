import { randomBytes } from 'node:crypto'
import type { Application } from '../config/schema.ts'
import type { RedisClient } from '../redis/connect.ts'
import { runScript } from '../redis/script.ts'
import { open, seal, SealError, type SealBinding, type SealingKeys } from '../sealing/seal.ts'
import { CONFIGURED_ENDPOINT, webhookKeys } from './keys.ts'
import { defineWebhookScripts, webhookScripts } from './scripts.ts'
import type { SigningSecret } from './signing-secrets.ts'
import { splitCredentials } from '../config/url-credentials.ts'

/** Endpoints that an application may have, besides the configured one. */
export const ENDPOINTS_MOST = 1_000
/** Changes at the same time are applied one after the other; more than so many in a row are a fault. */
const CHANGES_IN_ROW = 50

/** An endpoint as its owner wants it. Whether it is enabled, and how it answers, is in its lane (lanes.ts). */
export type WebhookEndpoint = {
  endpointId: string
  /** Without credentials: those are an `Authorization` header. */
  url: string
  description?: string
  /** The types it wants; all if absent. */
  eventTypes?: string[]
  /** The connections it wants, such as `Sandbox.north`; all if absent. */
  connections?: string[]
  /** `full`: with the outcome, which is patient data. */
  body: 'thin' | 'full'
  /** Sent with each message; may hold credentials. */
  headers: Record<string, string>
  /** For mutual TLS, in PEM. */
  clientCertificate?: { certificate: string; key: string }
  requestsPerSecond?: number
  /** ms since the epoch */
  createdAt: number
  /** All that may still sign, newest first; `secretsAt` picks those of a time. */
  secrets: SigningSecret[]
  /** The content of the request that created it, if it had an Idempotency-Key. */
  createdBy?: string
}

/** The endpoints of one application: the stored ones, sealed whole, and the one of the configuration. */
export type WebhookEndpoints = {
  /** Stores a new endpoint. `taken`: there is one with this id. One script. */
  create(endpoint: WebhookEndpoint): Promise<'created' | 'taken' | 'full'>
  get(endpointId: string): Promise<WebhookEndpoint | undefined>
  /** All of them, the configured one first, then by age. `unreadable`: ids of those whose sealing key is gone. One command. */
  list(): Promise<{ endpoints: WebhookEndpoint[]; unreadable: string[] }>
  /** Changes a stored endpoint; `undefined` if there is none. `change` may run several times. */
  change(
    endpointId: string,
    change: (endpoint: WebhookEndpoint) => WebhookEndpoint,
  ): Promise<WebhookEndpoint | undefined>
  /** Whether there was one, readable or not. */
  remove(endpointId: string): Promise<boolean>
}

/** A new id: unguessable, since it is all that names an endpoint. */
export function newEndpointId(): string {
  return `ep_${randomBytes(12).toString('hex')}`
}

/** Whether an id is that of the endpoint in the configuration, which cannot be changed here. */
export function isConfigured(endpointId: string): boolean {
  return endpointId === CONFIGURED_ENDPOINT
}

/** The endpoint that the configuration gives an application; it is not stored. */
export function configuredEndpoint({ webhook }: Pick<Application, 'webhook'>): WebhookEndpoint | undefined {
  if (!webhook) return undefined
  const { url, authorization } = splitCredentials(webhook.url)
  const headers = authorization === undefined ? {} : { Authorization: authorization }
  const secrets = [{ secret: webhook.secret }]
  return { endpointId: CONFIGURED_ENDPOINT, url, body: 'thin', headers, createdAt: 0, secrets }
}

/** Opens an application's endpoints on a connection to Redis, which the caller owns. */
export function openWebhookEndpoints(
  redis: RedisClient,
  { application, sealingKeys }: { application: Pick<Application, 'name' | 'webhook'>; sealingKeys: SealingKeys },
): WebhookEndpoints {
  defineWebhookScripts(redis)
  const keys = webhookKeys(application.name)
  const configured = configuredEndpoint(application)
  const bindingOf = (endpointId: string): SealBinding => ({
    kind: 'endpoint',
    application: application.name,
    jobId: endpointId,
  })
  const read = (endpointId: string, sealed: Buffer) =>
    JSON.parse(open(sealingKeys, sealed, bindingOf(endpointId)).toString()) as WebhookEndpoint
  const sealed = (endpoint: WebhookEndpoint) =>
    seal(sealingKeys, Buffer.from(JSON.stringify(endpoint)), bindingOf(endpoint.endpointId))

  function put(endpoint: string, before: Buffer, after: Buffer) {
    const about = { endpoint, before, after, most: ENDPOINTS_MOST }
    return runScript(redis, webhookScripts.putEndpoint, keys, about)
  }

  /** Replaces what is stored until nobody else changed it in between. */
  async function replace(endpointId: string, change: (before: Buffer) => Buffer): Promise<boolean> {
    for (let round = 0; round < CHANGES_IN_ROW; round++) {
      const before = await redis.hgetBuffer(keys.endpoints, endpointId)
      if (!before) return false
      if ((await put(endpointId, before, change(before))) === 'put') return true
    }
    throw new Error('an endpoint is changed too often to be changed once more')
  }

  return {
    async create(endpoint) {
      const said = await put(endpoint.endpointId, NOTHING, sealed(endpoint))
      if (said === 'put') return 'created'
      return said === 'moved' ? 'taken' : 'full'
    },

    async get(endpointId) {
      if (endpointId === CONFIGURED_ENDPOINT) return configured
      const stored = await redis.hgetBuffer(keys.endpoints, endpointId)
      return stored ? read(endpointId, stored) : undefined
    },

    async list() {
      const endpoints: WebhookEndpoint[] = []
      const unreadable: string[] = []
      for (const [endpointId, stored] of Object.entries(await redis.hgetallBuffer(keys.endpoints))) {
        try {
          endpoints.push(read(endpointId, stored))
        } catch (error) {
          if (!(error instanceof SealError)) throw error
          unreadable.push(endpointId)
        }
      }
      endpoints.sort((a, b) => a.createdAt - b.createdAt || (a.endpointId < b.endpointId ? -1 : 1))
      return { endpoints: configured ? [configured, ...endpoints] : endpoints, unreadable }
    },

    async change(endpointId, change) {
      let changed: WebhookEndpoint | undefined
      const found = await replace(endpointId, (before) => {
        changed = change(read(endpointId, before))
        return sealed(changed)
      })
      return found ? changed : undefined
    },

    remove: (endpointId) => replace(endpointId, () => NOTHING),
  }
}

const NOTHING = Buffer.alloc(0)
