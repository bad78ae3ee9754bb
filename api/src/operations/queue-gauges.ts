import { cachedFor } from '@encounter-gateway/shared/cached-for.ts'
import { nameOf, type ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { ConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import type { WebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'
import { withTimeout } from '@encounter-gateway/shared/with-timeout.ts'
import type { Queue } from 'bullmq'
import { Gauge, type Registry } from 'prom-client'

const SECOND = 1000

/** Without completed jobs: BullMQ keeps the last thousand, so their number means nothing. */
const STATES = ['waiting', 'prioritized', 'active', 'delayed', 'failed'] as const

/** The sources of the figures. */
export type QueueGaugeSources = {
  connections: readonly { settings: ConnectionName; records: Pick<ConnectionRecords, 'queue' | 'jobs' | 'overview'> }[]
  /** The webhooks of each application. */
  webhooks?: ReadonlyMap<string, Pick<WebhookRecords, 'lanes'>>
}

/**
 * Gauges of the contents of Redis, for the whole fleet. The returned function refreshes them, at most once in two
 * seconds and all connections at once. If Redis is unreachable, they are left out and `gateway_redis_reachable` is 0.
 */
export function queueGauges(registers: Registry[], sources: QueueGaugeSources): () => Promise<void> {
  const { connections, webhooks = new Map<string, Pick<WebhookRecords, 'lanes'>>() } = sources
  const gauge = (name: string, help: string, labelNames: string[] = ['connection']) =>
    new Gauge({ name, help, labelNames, registers })
  const jobs = gauge('gateway_jobs', 'Jobs in the queue of a connection, by state', ['connection', 'state'])
  const endpointLabels = ['application', 'endpoint']
  const deliveries = gauge(
    'gateway_webhook_deliveries',
    'Messages for an endpoint: waiting, also to be tried again, and failed, which are the dead letters',
    [...endpointLabels, 'state'],
  )
  const endpoints = gauge(
    'gateway_webhook_endpoint_state',
    'State of an endpoint: 0 enabled, 1 failing, 2 disabled by the gateway, 3 disabled by its application',
    endpointLabels,
  )
  const pending = gauge('gateway_pending_jobs', 'Accepted jobs without an outcome')
  const outbox = gauge('gateway_outbox_events', 'Webhook events that are not in a feed yet')
  const breakerOpen = gauge('gateway_breaker_open', '1 while the circuit breaker holds the queue of a connection')
  const inDoubt = gauge('gateway_in_doubt_jobs', 'Jobs that ended OutcomeUnknown and wait for a person')
  const logins = gauge('gateway_refused_logins', 'Logins that the EMR refuses; their jobs wait for other credentials')
  const oldest = gauge('gateway_oldest_pending_seconds', 'Age of the oldest job without an outcome; 0 without one')
  const paused = gauge('gateway_paused', '1 while an operator has paused or holds a connection')
  const reachable = gauge('gateway_redis_reachable', '1 if the other figures could be read from Redis', [])

  async function readConnection({ settings, records }: QueueGaugeSources['connections'][number]) {
    const [counts, figures, seen] = await Promise.all([
      countsOf(records.queue),
      records.jobs.figures(),
      records.overview(),
    ])
    return { connection: nameOf(settings), counts, figures, seen }
  }

  async function readEndpoints([application, { lanes }]: [string, Pick<WebhookRecords, 'lanes'>]) {
    return { application, figures: await lanes.figures() }
  }

  const read = cachedFor(2 * SECOND, () =>
    withTimeout(
      2 * SECOND,
      Promise.all([Promise.all(connections.map(readConnection)), Promise.all(Array.from(webhooks, readEndpoints))]),
    ).catch(() => undefined),
  )

  return async function refresh() {
    const figures = await read()
    for (const each of [jobs, deliveries, endpoints, pending, outbox, breakerOpen, inDoubt, logins, oldest, paused])
      each.reset()
    reachable.set(figures ? 1 : 0)
    if (!figures) return
    const [byConnection, byApplication] = figures
    for (const { connection, counts, figures: each, seen } of byConnection) {
      for (const [state, count] of Object.entries(counts)) jobs.set({ connection, state }, count)
      pending.set({ connection }, each.pending)
      outbox.set({ connection }, each.outbox)
      breakerOpen.set({ connection }, each.breakerOpen ? 1 : 0)
      inDoubt.set({ connection }, seen.inDoubt)
      logins.set({ connection }, each.refusedLogins)
      oldest.set({ connection }, seen.oldestPendingAt ? Math.max(Date.now() - seen.oldestPendingAt, 0) / SECOND : 0)
      paused.set({ connection }, seen.control.paused || seen.control.hold ? 1 : 0)
    }
    for (const { application, figures: each } of byApplication) {
      for (const { endpointId: endpoint, waiting, deadLetters, state } of each) {
        deliveries.set({ application, endpoint, state: 'waiting' }, waiting)
        deliveries.set({ application, endpoint, state: 'failed' }, deadLetters)
        endpoints.set({ application, endpoint }, stateValue[state])
      }
    }
  }
}

const stateValue = { Enabled: 0, Failing: 1, Disabled: 2, Off: 3 }

async function countsOf(queue: Pick<Queue, 'getJobCounts'>): Promise<Record<string, number>> {
  return queue.getJobCounts(...STATES)
}
