import { loadConfig } from '@encounter-gateway/shared/config/config.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { createLogger } from '@encounter-gateway/shared/logger.ts'
import { openConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { endUnstarted } from '@encounter-gateway/shared/start-up.ts'
import { connectorOptions } from './emr/registry.ts'

/**
 * `npm run restored`, after Redis was replaced by an older copy of itself and before api and workers start: every job in
 * the copy that has not ended is asked about before it is sent.
 */
async function main(): Promise<void> {
  const config = loadConfig(process.env['GATEWAY_CONFIG'], process.env, connectorOptions)
  const redis = connectRedis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', 'producer')
  redis.on('error', () => undefined)
  try {
    await untilReady(redis)
    for (const connection of config.connections) {
      const records = openConnectionRecords(redis, { ...config, connection })
      const asked = await records.jobs.forgot()
      console.log(`${nameOf(connection)}: ${asked} unfinished jobs will be asked about before they are sent.`)
      await records.close()
    }
  } finally {
    redis.disconnect()
  }
}

await main().catch((error: unknown) => endUnstarted(error, createLogger('restored'), 'restored.failed'))
