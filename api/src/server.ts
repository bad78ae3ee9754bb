import { ConfigError, EXIT_CONFIG, loadConfig } from '@encounter-gateway/shared/config/config.ts'
import { createLogger } from '@encounter-gateway/shared/logger.ts'
import { startBeating } from '@encounter-gateway/shared/records/fleet.ts'
import { readRedisHealth } from '@encounter-gateway/shared/redis/health.ts'
import { connectRedis, RedisUnusable, untilReady, type RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'

const SECOND = 1000
/** Time for requests in progress after SIGTERM; requests that wait for an outcome get their 202 at once. */
const GRACE_MS = 20 * SECOND

/** The process cannot start; the message is one sentence that says why. */
class NotStarted extends Error {
  override name = 'NotStarted'
}

async function main(log: Logger): Promise<void> {
  const config = loadConfig(process.env['GATEWAY_CONFIG'], process.env)
  const port = readPort(process.env['PORT'] ?? '3000')
  const host = process.env['HOST'] ?? '127.0.0.1'
  const trustedProxies = readCount('TRUST_PROXY')
  const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
  const redis = connectRedis(url, 'producer')
  const subscriber = connectRedis(url, 'consumer')
  for (const client of [redis, subscriber]) client.on('error', (err: Error) => log.debug({ err }, 'redis.error'))
  await Promise.all([untilReady(redis), untilReady(subscriber)])
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
  await app.listen({ port, host }).catch((error: unknown) => {
    throw (error as { code?: string }).code === 'EADDRINUSE' ? portTaken(host, port) : error
  })
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  if (port <= 65_535) return port
  throw new ConfigError('in the environment', [{ Pointer: 'PORT', Message: 'must be a number from 0 to 65535' }])
}

function readCount(variable: string): number {
  const text = process.env[variable] ?? '0'
  if (/^\d{1,2}$/.test(text)) return Number(text)
  throw new ConfigError('in the environment', [{ Pointer: variable, Message: 'must be a number of proxies, 0 to 99' }])
}

function portTaken(host: string, port: number): NotStarted {
  return new NotStarted(`Port ${port} on ${host} is in use: stop the program that uses it, or set PORT.`)
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

/** Logs how durable Redis is: accepted jobs are no more durable than that. */
async function tellDurability(redis: RedisClient, log: Logger): Promise<void> {
  const { RedisDurability } = (await readRedisHealth(redis)).Checks
  const { Level, AppendOnly, AppendFsync, MaxMemoryPolicy } = RedisDurability
  const about = {
    durability: Level,
    appendonly: AppendOnly,
    appendfsync: AppendFsync,
    maxmemoryPolicy: MaxMemoryPolicy,
  }
  log[Level === 'durable' ? 'info' : 'warn'](about, 'redis.durability')
}

function explain(error: unknown, log: Logger): never {
  if (error instanceof ConfigError || error instanceof RedisUnusable || error instanceof NotStarted) {
    process.stderr.write(`${error.message}\n`)
    process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1)
  }
  log.fatal({ err: error }, 'api.notStarted')
  process.exit(1)
}

const log = createLogger('api')
await main(log).catch((error: unknown) => explain(error, log))
