import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { CONFIGURED_ENDPOINT } from '@encounter-gateway/shared/webhooks/webhook-records.ts'

/** An endpoint as deliveries need it. */
export type DeliveredEndpoint = {
  endpointId: string
  url: string
  eventTypes?: string[]
  connections?: string[]
  body: 'thin' | 'full'
  headers: Record<string, string>
  clientCertificate?: { certificate: string; key: string }
  requestsPerSecond?: number
  secrets: { secret: string; until?: number }[]
}

/** The endpoints of all applications, as of the last look. */
export type EndpointBook = {
  /** Reads an application's endpoints again if they have another version than what is known. */
  refresh(application: string, version: number): Promise<void>
  get(application: string, endpointId: string): DeliveredEndpoint | undefined
}

/** Opens the book of the endpoints in the configuration. */
export function openEndpointBook(applications: readonly Pick<Application, 'name' | 'webhook'>[]): EndpointBook {
  const configured = new Map(
    applications.flatMap(({ name, webhook }) => {
      if (!webhook) return []
      const endpoint: DeliveredEndpoint = {
        endpointId: CONFIGURED_ENDPOINT,
        url: webhook.url,
        body: 'thin',
        headers: {},
        secrets: [{ secret: webhook.secret }],
      }
      return [[name, endpoint]]
    }),
  )
  return {
    refresh: () => Promise.resolve(),
    get: (application, endpointId) => (endpointId === CONFIGURED_ENDPOINT ? configured.get(application) : undefined),
  }
}
