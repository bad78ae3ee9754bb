import type { WebhookEndpoint as Shown } from '@encounter-gateway/shared/contract/webhook-endpoint.ts'
import type { WebhookType } from '@encounter-gateway/shared/contract/webhook-message.ts'
import type { WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import type { LaneState } from '@encounter-gateway/shared/webhooks/lanes.ts'
import { kindOf, publicKeyOf, secretsAt } from '@encounter-gateway/shared/webhooks/signing-secrets.ts'
import { X509Certificate } from 'node:crypto'
import { isHidden } from './own-headers.ts'

const time = (ms: number) => new Date(ms).toISOString()

/** An endpoint as its owner sees it: no secret that signs, no credential. */
export function showEndpoint(endpoint: WebhookEndpoint, lane: LaneState | undefined): Shown {
  const { url, description, connections, requestsPerSecond, clientCertificate, createdAt } = endpoint
  const names = Object.keys(endpoint.headers)
  const open = names.filter((name) => !isHidden(name)).map((name) => [name, endpoint.headers[name] ?? ''] as const)
  const hidden = names.filter(isHidden)
  return {
    EndpointId: endpoint.endpointId,
    Url: url,
    ...(description !== undefined && { Description: description }),
    ...(endpoint.eventTypes && { EventTypes: endpoint.eventTypes as WebhookType[] }),
    ...(connections && { Connections: connections }),
    Body: endpoint.body,
    ...(open.length > 0 && { Headers: Object.fromEntries(open) }),
    ...(hidden.length > 0 && { HiddenHeaders: hidden }),
    ...(clientCertificate && { ClientCertificate: showCertificate(clientCertificate.certificate) }),
    ...(requestsPerSecond !== undefined && { RequestsPerSecond: requestsPerSecond }),
    ...showSigning(endpoint, Date.now()),
    ...(createdAt > 0 && { CreatedAt: time(createdAt) }),
    ...showLane(lane),
  }
}

/** An endpoint that cannot be opened any more. */
export function showUnreadable(EndpointId: string, lane: LaneState | undefined): Shown {
  const Reason = 'The sealing key of this endpoint is no longer configured: delete it and create it anew.'
  return { EndpointId, ...showLane(lane), Enabled: false, State: 'Disabled', Reason }
}

/** How an endpoint signs, in what may be shown. */
export function showSigning({ secrets }: Pick<WebhookEndpoint, 'secrets'>, atMs: number) {
  const [current, old] = secretsAt(secrets, atMs)
  if (!current) throw new TypeError('an endpoint has a secret that does not end')
  const kind = kindOf(current.secret)
  return {
    Signature: kind,
    ...(kind === 'v1a' && { PublicKey: publicKeyOf(current.secret) }),
    ...(old?.until !== undefined && { OldSecretUntil: time(old.until) }),
  }
}

/** Without a lane nothing was published since the configuration named the endpoint. */
function showLane(lane: LaneState | undefined): Pick<Shown, 'Enabled' | 'State' | 'Pending'> {
  if (!lane) return { Enabled: true, State: 'Enabled', Pending: 0 }
  const { state, since, reason, pending, missed, lastSuccessAt } = lane
  return {
    Enabled: state !== 'Disabled',
    State: state,
    ...(since > 0 && { Since: time(since) }),
    ...(reason !== undefined && { Reason: reason }),
    Pending: pending,
    ...(missed > 0 && { Missed: missed }),
    ...(lastSuccessAt !== undefined && { LastSuccessAt: time(lastSuccessAt) }),
  }
}

function showCertificate(pem: string) {
  const { subject, validTo } = new X509Certificate(pem)
  return { Subject: subject.replaceAll('\n', ', '), ExpiresAt: time(Date.parse(validTo)) }
}
