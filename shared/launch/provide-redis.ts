import type { Writable } from 'node:stream'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { RedisUnusable } from '@encounter-gateway/shared/redis/redis-url.ts'
import { LaunchError } from './launch-error.ts'
import { startRedis } from './redis-server.ts'

/** A Redis for the gateway; `ended` and `lifeline` as in `PrivateRedis`. One named by REDIS_URL is never ended. */
export type ProvidedRedis = {
  url: string
  ended: Promise<void>
  lifeline: Writable | undefined
  close: () => Promise<void>
}

/**
 * The Redis that REDIS_URL names, once it answers, or a private one with its data in `dir`. Logs which one. Throws a
 * `LaunchError`.
 */
export async function provideRedis(dir: string, log: (line: string) => void): Promise<ProvidedRedis> {
  const url = process.env['REDIS_URL']
  if (!url) {
    const redis = await startRedis({ dir, persistent: true, log })
    log(`Redis: ${redis.how}, data in ${dir}`)
    return redis
  }
  await checkReachable(url)
  log('Redis: the one that REDIS_URL names')
  return { url, ended: new Promise(() => {}), lifeline: undefined, close: async () => {} }
}

async function checkReachable(url: string): Promise<void> {
  try {
    const redis = connectRedis(url, 'producer')
    redis.on('error', () => {})
    try {
      await untilReady(redis, 5_000)
    } finally {
      redis.disconnect()
    }
  } catch (error) {
    if (error instanceof RedisUnusable) throw new LaunchError(error.message)
    throw error
  }
}
