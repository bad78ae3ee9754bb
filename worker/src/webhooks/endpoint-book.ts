import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import { openWebhookEndpoints, type WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import type { Logger } from 'pino'

/** The endpoints of all applications, as of the last look. */
export type EndpointBook = {
  /** Reads an application's endpoints again if they have another version than what is known. */
  refresh(application: string, version: number): Promise<void>
  get(application: string, endpointId: string): WebhookEndpoint | undefined
}

/** Opens the book; nothing is known before the first `refresh`. */
export function openEndpointBook(about: {
  redis: RedisClient
  applications: readonly Pick<Application, 'name' | 'webhook'>[]
  sealingKeys: SealingKeys
  log: Logger
}): EndpointBook {
  const { redis, applications, sealingKeys, log } = about
  const stored = new Map(
    applications.map((application) => [application.name, openWebhookEndpoints(redis, { application, sealingKeys })]),
  )
  const known = new Map<string, { version: number; endpoints: Map<string, WebhookEndpoint> }>()
  return {
    async refresh(application, version) {
      if (known.get(application)?.version === version) return
      const { endpoints, unreadable } = (await stored.get(application)?.list()) ?? { endpoints: [], unreadable: [] }
      known.set(application, { version, endpoints: new Map(endpoints.map((each) => [each.endpointId, each])) })
      // their messages wait until a configuration has the sealing key again
      if (unreadable.length > 0) log.error({ application, endpoints: unreadable }, 'webhooks.endpointsUnreadable')
    },
    get: (application, endpointId) => known.get(application)?.endpoints.get(endpointId),
  }
}
