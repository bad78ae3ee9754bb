import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { NewWebhookEndpoint } from '@encounter-gateway/shared/contract/webhook-endpoint.ts'
import type { SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import { ENDPOINTS_MOST, newEndpointId, type WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import { BY_ITS_OWNER } from '@encounter-gateway/shared/webhooks/lanes.ts'
import { newSecret } from '@encounter-gateway/shared/webhooks/signing-secrets.ts'
import { createHmac } from 'node:crypto'
import stableStringify from 'safe-stable-stringify'
import { Refusal } from '../http/refusal.ts'
import type { ApplicationWebhooks } from './application-webhooks.ts'
import type { EndpointSettings } from './read-settings.ts'

/** For how long a repeated request with an Idempotency-Key is answered with the secret again. */
const REPLAY_MS = 24 * 3_600_000

/** A new endpoint. */
export type NewEndpoint = {
  settings: EndpointSettings
  signature: 'v1' | 'v1a'
  enabled: boolean
  /** The body as sent, and the Idempotency-Key if there is one. */
  keyed: { key: string; body: NewWebhookEndpoint; sealingKeys: SealingKeys } | undefined
}

/**
 * Stores an endpoint and opens its lane: it gets what comes from now on. An Idempotency-Key names the endpoint, so the
 * same request makes one. Throws a 422 if the key came with other content, a 409 if there are too many endpoints.
 */
export async function createEndpoint(
  { endpoints, lanes }: ApplicationWebhooks,
  application: Pick<Application, 'name'>,
  { settings, signature, enabled, keyed }: NewEndpoint,
): Promise<{ endpoint: WebhookEndpoint; replayed: boolean; showSecret: boolean }> {
  const named = keyed && nameBy(keyed, application)
  const createdAt = Date.now()
  const endpoint: WebhookEndpoint = {
    ...settings,
    endpointId: named?.endpointId ?? newEndpointId(),
    createdAt,
    secrets: [{ secret: newSecret(signature) }],
    ...(named && { createdBy: named.content }),
  }
  const said = await endpoints.create(endpoint)
  if (said === 'full') {
    throw new Refusal('conflict', `An application may have ${ENDPOINTS_MOST} webhook endpoints; delete one first.`)
  }
  const kept = said === 'taken' ? await endpoints.get(endpoint.endpointId) : endpoint
  if (said === 'taken' && kept?.createdBy !== named?.content) {
    throw new Refusal(
      'idempotency-mismatch',
      'This Idempotency-Key was already used for another endpoint; use a new key.',
    )
  }
  // also for a repeated request, since the first one may have been cut off here; but never what was disabled since
  if (said === 'created' || !(await lanes.state(endpoint.endpointId, {}))) {
    await lanes.open(endpoint.endpointId)
    if (!enabled) await lanes.disable(endpoint.endpointId, BY_ITS_OWNER)
  }
  const showSecret = kept !== undefined && createdAt - kept.createdAt < REPLAY_MS && kept.secrets.length === 1
  return { endpoint: kept ?? endpoint, replayed: said === 'taken', showSecret }
}

function nameBy({ key, body, sealingKeys: [own] }: NonNullable<NewEndpoint['keyed']>, { name }: { name: string }) {
  const digest = (...parts: string[]) =>
    createHmac('sha256', own.derivationSecret)
      .update(JSON.stringify(['webhook-endpoint', name, ...parts]))
      .digest('hex')
  return { endpointId: `ep_${digest('id', key).slice(0, 24)}`, content: digest('content', stableStringify(body)) }
}
