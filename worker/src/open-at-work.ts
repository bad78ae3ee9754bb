import type { Config } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { openConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { Logger } from 'pino'
import { openBreaker } from './attempts/breaker.ts'
import type { ConnectionAtWork } from './attempts/connection-at-work.ts'
import { openEmr } from './emr/registry.ts'

/** Opens everything that a process needs to attempt the jobs of one connection; takes none by itself. */
export function openAtWork(
  about: {
    config: Config
    connection: Connection
    redis: RedisClient
    log: Logger
    /** Called after each outcome recorded here. */
    finished: () => void
  } & Pick<ConnectionAtWork, 'stopping' | 'attempted' | 'succeededLate'>,
): { atWork: ConnectionAtWork; close: () => Promise<void> } {
  const { config, connection, redis } = about
  const { sealingKeys, retention, applications } = config
  const log = about.log.child({ connection: nameOf(connection) })
  const records = openConnectionRecords(redis, {
    connection,
    sealingKeys,
    retention,
    applications,
    ended: about.finished,
    turnsFailed: (err) => log.warn({ err }, 'turns.failed'),
  })
  const { queue } = records
  queue.on('error', (err) => log.debug({ err }, 'queue.error'))
  const breaker = openBreaker({ connection, record: records.breaker, queue, log })
  const emr = openEmr(connection)
  const attempts = log.child({}, { redact: [] })
  return {
    atWork: { ...about, emr, records, breaker, log, attempts },
    async close() {
      await breaker.close()
      await records.close()
      await emr.close()
    },
  }
}
