import { SECOND } from '@encounter-gateway/shared/durations.ts'
import { ConfigError, loadConfig, type Config } from '@encounter-gateway/shared/config/config.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { createLogger } from '@encounter-gateway/shared/logger.ts'
import { openAudit } from '@encounter-gateway/shared/records/audit.ts'
import { startBeating } from '@encounter-gateway/shared/records/fleet.ts'
import { confirmOn } from '@encounter-gateway/shared/redis/confirm.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { endOnFault, endUnstarted, readSeconds } from '@encounter-gateway/shared/start-up.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import type { Attempted, LateSuccess } from './attempts/connection-at-work.ts'
import { startConnectionWorker, type ConnectionWorker } from './connection-worker.ts'
import { connectorOptions, policyMistakes } from './emr/registry.ts'
import { startHealthServer } from './health.ts'
import { createMetrics } from './metrics.ts'
import { startPreviews } from './previews.ts'
import { openQuarantine } from './quarantine/quarantine.ts'
import { ShutdownError } from './emr/shutdown-error.ts'
import { startWebhookDeliveries } from './webhooks/webhook-worker.ts'

/**
 * How long work in flight may take after SIGTERM, unless DRAIN_SECONDS sets another time; the rest goes back to the
 * queue.
 */
const DRAIN_SECONDS = 25
/** For giving back and closing, once the drain time has passed. */
const CLOSING_MS = 10 * SECOND
/** How often entries of the audit log that are older than `auditDays` are removed. */
const AUDIT_TRIM_MS = 3_600 * SECOND

async function main(log: Logger, handledFromNow: () => void): Promise<void> {
  const config = readConfig()
  const drainMs = readSeconds('DRAIN_SECONDS', DRAIN_SECONDS) * SECOND
  const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
  const redis = connectRedis(url, 'consumer')
  const subscriber = connectRedis(url, 'consumer')
  for (const client of [redis, subscriber]) client.on('error', (err: Error) => log.debug({ err }, 'redis.error'))
  const confirming = confirmOn(redis, config.redis.replicas, () => connectRedis(url, 'consumer'))
  await Promise.all([redis, subscriber, confirming].map((client) => untilReady(client)))

  const stopping = new AbortController()
  const workers: ConnectionWorker[] = []
  const metrics = createMetrics(
    config.connections.map(nameOf),
    () => workers,
    (worker) => nameOf(worker.connection),
  )
  const started = () => workers.length === config.connections.length
  const health = await startHealthServer({ redis, registry: metrics.registry, log, started })
  const audit = openAudit(redis, config.sealingKeys)
  const webhooks = startWebhookDeliveries({ config, redis, log, audit, figures: metrics.webhooks })
  /** What must be known at once about a connection's jobs, whichever process they run in. */
  const hearOf = (connection: Connection) => ({
    finished: () => webhooks.poke(connection),
    attempted: (attempt: Attempted) => metrics.attempted(nameOf(connection), attempt),
    succeededLate: (late: LateSuccess) => metrics.succeededLate(nameOf(connection), late),
    died: () => metrics.died(nameOf(connection)),
  })
  const heard = new Map(config.connections.map((each) => [nameOf(each), hearOf(each)]))
  const quarantine = openQuarantine({ log, stopping: stopping.signal, heard })
  for (const connection of config.connections) {
    const about = { config, connection, redis, log, stopping: stopping.signal, quarantine, ...hearOf(connection) }
    workers.push(await startConnectionWorker(about))
  }
  const emrs = workers.map(({ connection, emr }) => ({ connection, emr }))
  const stopPreviews = await startPreviews({ redis, subscriber, sealingKeys: config.sealingKeys, emrs, log })
  const beating = startBeating(redis, { kind: 'worker', configuration: config.fingerprint })
  const forgetting = setInterval(() => {
    audit.forget(config.retention.auditDays).catch((err: unknown) => log.warn({ err }, 'audit.notTrimmed'))
  }, AUDIT_TRIM_MS)
  log.info({ connections: workers.length }, 'worker.started')

  closeWithGrace({ delay: drainMs + CLOSING_MS, logger: log }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'worker.crashed')
    log.info({ signal }, 'worker.draining')
    const patience = setTimeout(() => stopping.abort(new ShutdownError('the process must end')), err ? 0 : drainMs)
    await Promise.all(workers.map((worker) => worker.close()))
    clearTimeout(patience)
    await quarantine.close()
    await webhooks.close()
    await health.close()
    clearInterval(forgetting)
    await beating.close()
    stopPreviews()
    subscriber.disconnect()
    await redis.quit()
    log.info('worker.stopped')
  })
  handledFromNow()
}

function readConfig(): Config {
  const path = process.env['GATEWAY_CONFIG']
  const config = loadConfig(path, process.env, connectorOptions)
  const mistakes = policyMistakes(config.connections)
  if (mistakes.length > 0) throw new ConfigError(path ?? '', mistakes)
  return config
}

const log = createLogger('worker')
await main(log, endOnFault(log, 'worker.crashed')).catch((error: unknown) =>
  endUnstarted(error, log, 'worker.notStarted'),
)
