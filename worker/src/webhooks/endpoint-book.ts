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
  /** Whether the endpoint was deleted, rather than not readable. */
  isDeleted(application: string, endpointId: string): boolean
}

/** Opens the book; nothing is known before the first `refresh`. */
export function openEndpointBook(about: {
  redis: RedisClient
  applications: readonly Pick<Application, 'name' | 'webhook'>[]
  sealingKeys: SealingKeys
  /** Called with each endpoint that is no longer there. */
  forgotten: (application: string, endpointId: string) => void
  log: Logger
}): EndpointBook {
  const { redis, applications, sealingKeys, forgotten, log } = about
  const stored = new Map(
    applications.map((application) => [application.name, openWebhookEndpoints(redis, { application, sealingKeys })]),
  )
  const known = new Map<string, { version: number; endpoints: Map<string, WebhookEndpoint>; unreadable: Set<string> }>()
  return {
    async refresh(application, version) {
      const before = known.get(application)
      if (before?.version === version) return
      const { endpoints, unreadable } = (await stored.get(application)?.list()) ?? { endpoints: [], unreadable: [] }
      const found = new Map(endpoints.map((each) => [each.endpointId, each]))
      known.set(application, { version, endpoints: found, unreadable: new Set(unreadable) })
      for (const endpointId of before?.endpoints.keys() ?? [])
        if (!found.has(endpointId)) forgotten(application, endpointId)
      // their messages wait until a configuration has the sealing key again
      if (unreadable.length > 0) log.error({ application, endpoints: unreadable }, 'webhooks.endpointsUnreadable')
    },
    get: (application, endpointId) => known.get(application)?.endpoints.get(endpointId),
    isDeleted(application, endpointId) {
      const all = known.get(application)
      return all !== undefined && !all.endpoints.has(endpointId) && !all.unreadable.has(endpointId)
    },
  }
}
