import { HOUR } from '@encounter-gateway/shared/durations.ts'
import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { SealError } from '@encounter-gateway/shared/sealing/seal.ts'
import {
  openWebhookEndpoints,
  type WebhookEndpoint,
  type WebhookEndpoints,
} from '@encounter-gateway/shared/webhooks/endpoints.ts'
import { openWebhookRecords, type WebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Refusal } from '../http/refusal.ts'

/** All that is kept of one application's webhooks. */
export type ApplicationWebhooks = WebhookRecords & { endpoints: WebhookEndpoints }

declare module 'fastify' {
  interface FastifyInstance {
    webhooksOf(application: Application): ApplicationWebhooks
  }
}

/** Opens the records of each application's webhooks. */
export const applicationWebhooks = fp(
  async function applicationWebhooks(
    app: FastifyInstance,
    { redis, config }: { redis: RedisClient; config: Pick<Config, 'applications' | 'sealingKeys' | 'webhooks'> },
  ) {
    const { sealingKeys } = config
    const retentionMs = config.webhooks.retentionHours * HOUR
    const all = new Map(
      config.applications.map((application): [string, ApplicationWebhooks] => {
        const about = { application: application.name, retentionMs, configured: application.webhook !== undefined }
        const endpoints = openWebhookEndpoints(redis, { application, sealingKeys })
        return [application.name, { ...openWebhookRecords(redis, about), endpoints }]
      }),
    )
    app.decorate('webhooksOf', ({ name }) => {
      const found = all.get(name)
      if (!found) throw new TypeError('each configured application has records of webhooks')
      return found
    })
  },
  { name: 'application-webhooks' },
)

/** An application's own endpoint. Throws the same 404 for another application's as for an unknown one. */
export async function ownEndpoint({ endpoints }: ApplicationWebhooks, endpointId: string): Promise<WebhookEndpoint> {
  try {
    const endpoint = isEndpointId(endpointId) ? await endpoints.get(endpointId) : undefined
    if (endpoint) return endpoint
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    throw new Refusal(
      'conflict',
      'The sealing key of this endpoint is no longer configured: delete it and create it anew.',
    )
  }
  throw noSuchEndpoint()
}

export function noSuchEndpoint(): Refusal {
  return new Refusal('not-found', 'Your application has no webhook endpoint with this EndpointId.')
}

function isEndpointId(text: string): boolean {
  return /^ep_[0-9a-z]{1,64}$/.test(text)
}
