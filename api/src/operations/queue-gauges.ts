import { cachedFor } from '@encounter-gateway/shared/cached-for.ts'
import { nameOf, type ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { ConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import { withTimeout } from '@encounter-gateway/shared/with-timeout.ts'
import type { Queue } from 'bullmq'
import { Gauge, type Registry } from 'prom-client'

const SECOND = 1000

/** Without completed jobs: BullMQ keeps the last thousand, so their number means nothing. */
const STATES = ['waiting', 'prioritized', 'active', 'delayed', 'failed'] as const

/** The sources of the figures. */
export type QueueGaugeSources = {
  connections: readonly { settings: ConnectionName; records: Pick<ConnectionRecords, 'queue' | 'jobs' | 'overview'> }[]
  /** The queue of webhook deliveries. */
  webhooks?: Pick<Queue, 'getJobCounts'> | undefined
}

/**
 * Gauges of the contents of Redis, for the whole fleet. The returned function refreshes them, at most once in two
 * seconds and all connections at once. If Redis is unreachable, they are left out and `gateway_redis_reachable` is 0.
 */
export function queueGauges(registers: Registry[], sources: QueueGaugeSources): () => Promise<void> {
  const { connections, webhooks } = sources
  const gauge = (name: string, help: string, labelNames: string[] = ['connection']) =>
    new Gauge({ name, help, labelNames, registers })
  const jobs = gauge('gateway_jobs', 'Jobs in the queue of a connection, by state', ['connection', 'state'])
  const deliveries = gauge('gateway_webhook_deliveries', 'Deliveries in the queue of webhooks, by state', ['state'])
  const pending = gauge('gateway_pending_jobs', 'Accepted jobs without an outcome')
  const outbox = gauge('gateway_outbox_events', 'Webhook events that are not in the queue of deliveries yet')
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

  const read = cachedFor(2 * SECOND, () =>
    withTimeout(2 * SECOND, Promise.all([Promise.all(connections.map(readConnection)), countsOf(webhooks)])).catch(
      () => undefined,
    ),
  )

  return async function refresh() {
    const figures = await read()
    for (const each of [jobs, deliveries, pending, outbox, breakerOpen, inDoubt, logins, oldest, paused]) each.reset()
    reachable.set(figures ? 1 : 0)
    if (!figures) return
    const [byConnection, webhookCounts] = figures
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
    for (const [state, count] of Object.entries(webhookCounts)) deliveries.set({ state }, count)
  }
}

async function countsOf(queue: Pick<Queue, 'getJobCounts'> | undefined): Promise<Record<string, number>> {
  return queue ? queue.getJobCounts(...STATES) : {}
}
