import { SECOND } from '@encounter-gateway/shared/durations.ts'
import { loadConfig } from '@encounter-gateway/shared/config/config.ts'
import { createLogger } from '@encounter-gateway/shared/logger.ts'
import { startBeating } from '@encounter-gateway/shared/records/fleet.ts'
import { readRedisHealth } from '@encounter-gateway/shared/redis/health.ts'
import { confirmOn } from '@encounter-gateway/shared/redis/confirm.ts'
import { connectRedis, untilReady, type RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import { endOnFault, endUnstarted, listenOn, readCount, readPort } from '@encounter-gateway/shared/start-up.ts'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'

/** Time for requests in progress after SIGTERM; requests that wait for an outcome get their 202 at once. */
const GRACE_MS = 20 * SECOND

async function main(log: Logger, handledFromNow: () => void): Promise<void> {
  const config = loadConfig(process.env['GATEWAY_CONFIG'], process.env)
  const port = readPort('PORT', 3000)
  const host = process.env['HOST'] ?? '127.0.0.1'
  const trustedProxies = readCount('TRUST_PROXY', 0, 'proxies')
  const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
  const redis = connectRedis(url, 'producer')
  const subscriber = connectRedis(url, 'consumer')
  for (const client of [redis, subscriber]) client.on('error', (err: Error) => log.debug({ err }, 'redis.error'))
  const confirming = confirmOn(redis, config.redis.replicas, () => connectRedis(url, 'producer'))
  await Promise.all([redis, subscriber, confirming].map((client) => untilReady(client)))
  tellOutages(redis, log)
  await tellDurability(redis, log)

  const app = await buildApp({ config, redis, subscriber, logger: log, trustedProxies })
  const beating = startBeating(redis, { kind: 'api', configuration: config.fingerprint })
  closeWithGrace({ delay: GRACE_MS, logger: log }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'api.crashed')
    log.info({ signal }, 'api.draining')
    await app.close()
    await beating.close()
    subscriber.disconnect()
    redis.disconnect()
    log.info('api.stopped')
  })
  handledFromNow()
  await listenOn(app, { host, port, variable: 'PORT' })
}

/** Logs one line when Redis is lost and one when it is back; each reconnection attempt only at debug level. */
function tellOutages(redis: RedisClient, log: Logger): void {
  let lost = false
  redis.on('reconnecting', () => {
    if (!lost) log.warn('redis.lost')
    lost = true
  })
  redis.on('ready', () => {
    if (lost) log.info('redis.back')
    lost = false
  })
}

/** Logs how durable Redis is, and what a failover can lose: accepted jobs are no more durable than that. */
async function tellDurability(redis: RedisClient, log: Logger): Promise<void> {
  const { RedisDurability, RedisReplication } = (await readRedisHealth(redis)).Checks
  const { Level, AppendOnly, AppendFsync, MaxMemoryPolicy } = RedisDurability
  const about = {
    durability: Level,
    appendonly: AppendOnly,
    appendfsync: AppendFsync,
    maxmemoryPolicy: MaxMemoryPolicy,
    replication: RedisReplication.Level,
  }
  const isSafe = Level === 'durable' && RedisReplication.Level !== 'unbounded'
  log[isSafe ? 'info' : 'warn'](about, 'redis.durability')
}

const log = createLogger('api')
await main(log, endOnFault(log, 'api.crashed')).catch((error: unknown) => endUnstarted(error, log, 'api.notStarted'))
