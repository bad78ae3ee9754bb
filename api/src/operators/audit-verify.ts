import { ConfigError, EXIT_CONFIG, loadConfig } from '@encounter-gateway/shared/config/config.ts'
import { openAudit } from '@encounter-gateway/shared/records/audit.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { RedisUnusable } from '@encounter-gateway/shared/redis/redis-url.ts'

/**
 * `npm run audit-verify`: checks that no entry of the audit log was changed, inserted or removed. Exits with 0, 1 (the
 * chain is broken, or Redis is unreachable) or 78 (configuration).
 */
async function main(): Promise<number> {
  const { sealingKeys } = loadConfig(process.env['GATEWAY_CONFIG'], process.env)
  const redis = connectRedis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', 'producer')
  // reported by untilReady
  redis.on('error', () => undefined)
  try {
    await untilReady(redis)
    const { entries, first, last, broken } = await openAudit(redis, sealingKeys).verify()
    if (broken) {
      console.error(`The audit log is broken at entry ${broken.Id}, after ${entries} good ones: ${broken.Why}.`)
      return 1
    }
    console.log(entries === 0 ? 'The audit log is empty.' : `${entries} entries are in order, ${first} to ${last}.`)
    return 0
  } finally {
    redis.disconnect()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof ConfigError) && !(error instanceof RedisUnusable)) throw error
  console.error(error.message)
  process.exitCode = error instanceof ConfigError ? EXIT_CONFIG : 1
}
