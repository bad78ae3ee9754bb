import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { openRecords } from '@encounter-gateway/shared/records/jobs.ts'
import { openEncounterQueue, type EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { Logger } from 'pino'
import { openBreaker } from './attempts/breaker.ts'
import type { ConnectionAtWork } from './connection-at-work.ts'
import { openEmr } from './emr/registry.ts'

/** Opens everything that a process needs to attempt the jobs of one connection; takes none by itself. */
export function openAtWork(
  about: {
    config: Config
    connection: Connection
    redis: RedisClient
    log: Logger
  } & Pick<ConnectionAtWork, 'stopping' | 'finished' | 'attempted' | 'succeededLate'>,
): { atWork: ConnectionAtWork; queue: EncounterQueue; close: () => Promise<void> } {
  const { config, connection, redis } = about
  const { sealingKeys, retention, applications } = config
  const log = about.log.child({ connection: nameOf(connection) })
  const records = openRecords(redis, { connection, sealingKeys, retention })
  const queue = openEncounterQueue(redis, connection)
  queue.on('error', (err) => log.debug({ err }, 'queue.error'))
  const { breaker: breakerKey, hold: holdKey } = records.keys
  const breaker = openBreaker({ connection, redis, queue, breakerKey, holdKey, log })
  const emr = openEmr(connection)
  const announced = new Set(applications.filter((each) => each.webhook).map((each) => each.name))
  const announces = (application: string) => announced.has(application)
  const attempts = log.child({}, { redact: [] })
  return {
    atWork: { ...about, emr, records, breaker, log, attempts, announces },
    queue,
    async close() {
      await breaker.close()
      await records.tally.flush()
      await queue.close()
      await emr.close()
    },
  }
}
