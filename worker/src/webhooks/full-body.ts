import type { Config } from '@encounter-gateway/shared/config/config.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { openConnectionRecords, type ConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { Taken } from '@encounter-gateway/shared/webhooks/lanes.ts'
import type { WebhookBody } from '@encounter-gateway/shared/webhooks/packed-body.ts'

/** Puts the outcomes of jobs into the bodies for endpoints that asked for them. */
export type FullBodies = {
  /**
   * The body with `data.Result`: what the EMR answered, which is patient data. The body as it is for messages that have
   * no result, and once the result is no longer kept or belongs to a later round.
   */
  bodyOf(message: Pick<Taken, 'id' | 'connection' | 'body'>): Promise<string>
  close(): Promise<void>
}

type About = Pick<Config, 'connections' | 'applications' | 'sealingKeys' | 'retention'>

/** Opens the records of a connection when the first body asks for it. */
export function openFullBodies(redis: RedisClient, about: About): FullBodies {
  const opened = new Map<string, ConnectionRecords>()

  function recordsOf(name: string): ConnectionRecords | undefined {
    const known = opened.get(name)
    if (known) return known
    const connection = about.connections.find((each) => nameOf(each) === name)
    const records = connection && openConnectionRecords(redis, { ...about, connection })
    if (records) opened.set(name, records)
    return records
  }

  return {
    async bodyOf({ id, connection = '', body }) {
      const thin = JSON.parse(body) as WebhookBody
      const { JobId } = thin.data
      if (!JobId || !thin.type.startsWith('encounter.')) return body
      const outcome = await recordsOf(connection)?.jobs.outcome(JobId)
      if (!outcome || id !== `msg_${JobId}_${outcome.round}`) return body
      return JSON.stringify({ ...thin, data: { ...thin.data, Result: outcome.result } })
    },

    async close() {
      await Promise.all(Array.from(opened.values(), (records) => records.close()))
    },
  }
}
