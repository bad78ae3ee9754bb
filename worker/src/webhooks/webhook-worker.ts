import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { Audit } from '@encounter-gateway/shared/records/audit.ts'
import type { Settlement, TryEnd } from '@encounter-gateway/shared/webhooks/lanes.ts'
import { endpointMessageOf } from '@encounter-gateway/shared/webhooks/message.ts'
import { CONFIGURED_ENDPOINT, openWebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'
import type { Logger } from 'pino'
import { attemptDelivery, type DeliveryOffice } from './deliver-webhook.ts'
import { openEndpointBook } from './endpoint-book.ts'
import { openFullBodies } from './full-body.ts'
import { startLaneLoop } from './lane-loop.ts'
import { drainOldQueue } from './old-queue.ts'
import { openWebhookSender } from './post-webhook.ts'
import { publisher } from './publish.ts'
import { startRelay } from './relay.ts'
import { RETRY_SCHEDULE_MS } from './retry-schedule.ts'

const SECOND = 1000
const HOUR = 3_600 * SECOND
/** How long deliveries in flight may take when the worker stops; what is not done by then goes back to its lane. */
const DRAIN_MS = 5 * SECOND

/** This process' part in delivering webhooks. */
export type WebhookDeliveries = {
  /** Signals that outcomes of this connection (by default of any) were just recorded. Returns at once. */
  poke(connection?: ConnectionName): void
  /** Moves what it was poked for to the feeds, takes no more deliveries, gives those in flight five seconds. */
  close(): Promise<void>
}

/** What is counted of webhooks. */
export type WebhookFigures = {
  /** Outbox entries of a connection that could not be read. */
  unreadable: (connection: string, entries: number) => void
  /** What came of a try, and how old its message was then. */
  tried: (application: string, endpoint: string, outcome: 'delivered' | 'retry' | 'dead', ageMs: number) => void
  /** The endpoint exists no more. */
  forgotten: (application: string, endpoint: string) => void
}

/** Starts to relay outcomes and to deliver webhooks. `redis` must be of the consumer role; the caller owns it. */
export function startWebhookDeliveries(about: {
  config: Pick<Config, 'applications' | 'connections' | 'webhooks' | 'sealingKeys' | 'retention'>
  redis: RedisClient
  log: Logger
  /** Gets an entry when an endpoint is disabled by its failures. */
  audit: Pick<Audit, 'append'>
  figures: WebhookFigures
  /** Waits between tries; for tests. */
  retryScheduleMs?: readonly number[]
  timeoutMs?: number
  sweepEveryMs?: number
  drainMs?: number
}): WebhookDeliveries {
  const { config, redis, log, sweepEveryMs, audit, figures } = about
  const { webhooks, applications, connections, sealingKeys } = config
  const stopping = new AbortController()
  const timeoutMs = about.timeoutMs ?? webhooks.timeoutSeconds * SECOND
  const sender = openWebhookSender({ rules: webhooks, stopping: stopping.signal, timeoutMs })
  const retentionMs = Math.round(webhooks.retentionHours * HOUR)
  const records = new Map(
    applications.map(({ name: application, webhook }) => {
      return [application, openWebhookRecords(redis, { application, retentionMs, configured: webhook !== undefined })]
    }),
  )
  const scheduleMs = about.retryScheduleMs ?? webhooks.scheduleSeconds?.map((s) => s * SECOND) ?? RETRY_SCHEDULE_MS
  const fullBodies = openFullBodies(redis, config)
  const office: DeliveryOffice = {
    sender,
    scheduleMs,
    fullBody: (message) => fullBodies.bodyOf(message),
    log,
  }

  for (const { name, webhook } of applications) {
    // what waits for an endpoint that was taken out of the configuration would wait for ever
    if (!webhook)
      void records
        .get(name)
        ?.lanes.forget(CONFIGURED_ENDPOINT)
        .catch(() => undefined)
  }

  const loop = startLaneLoop({
    records,
    book: openEndpointBook({ redis, applications, sealingKeys, forgotten: figures.forgotten, log }),
    attempt: (application, taken, endpoint) => attemptDelivery(application, taken, endpoint, office),
    settled,
    disableMs: webhooks.disableAfterDays * 24 * HOUR,
    log,
  })

  const publish = publisher(records, (application) => loop.poke(application))

  /**
   * Counts tries, and reports what they meant for their endpoint: in the log, to the application's other endpoints, and
   * to operators if it was disabled.
   */
  function settled(application: string, endpoint: string, ends: readonly TryEnd[], settlement: Settlement) {
    const { warn, disabled } = settlement
    for (const [n, outcome] of settlement.settled.entries()) {
      const ageMs = Math.max(Date.now() - Number.parseInt(ends[n]?.taken.feedId ?? '', 10), 0)
      if (outcome !== 'interrupted' && outcome !== 'late') figures.tried(application, endpoint, outcome, ageMs)
    }
    const news = disabled
      ? ({ type: 'endpoint.disabled', reason: disabled.reason, since: disabled.since } as const)
      : warn && ({ type: 'endpoint.failing', percent: warn.percent, since: warn.since } as const)
    if (!news) return
    log.warn({ application, endpoint, ...news, type: undefined }, news.type)
    if (disabled) {
      const by = { Actor: 'gateway', Kind: 'system', Action: 'EndpointDisabled' } as const
      audit
        .append({ ...by, About: `${application} ${endpoint}`, Reason: disabled.reason })
        .catch((err: unknown) => log.error({ err, application, endpoint }, 'audit.notWritten'))
    }
    publish([endpointMessageOf(application, endpoint, news, Date.now())]).catch((err: unknown) =>
      log.warn({ err, application, endpoint }, 'webhooks.notDelivered'),
    )
  }

  const oldQueue = drainOldQueue(redis, publish, log)
  const relay = startRelay({
    redis,
    publish,
    connections,
    log,
    unreadable: figures.unreadable,
    ...(sweepEveryMs !== undefined && { sweepEveryMs }),
  })

  return {
    poke: (connection) => relay.poke(connection),
    async close() {
      await relay.close()
      await oldQueue.close()
      const patience = setTimeout(() => stopping.abort(), about.drainMs ?? DRAIN_MS)
      await loop.close()
      clearTimeout(patience)
      await sender.close()
      await fullBodies.close()
    },
  }
}
