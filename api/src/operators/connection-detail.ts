import { parseEmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import { p95Of } from '@encounter-gateway/shared/records/tally.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { FastifyInstance } from 'fastify'
import type { EmrConnection } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'
import type { ConnectionDetail } from './api/schemas.ts'
import { endedIn, readConnectionRows } from './connection-rows.ts'
import { maySee } from './rights.ts'

/** The connection of this name that an operator may know of. Throws the same 404 for any other. */
export function connectionSeenBy(
  app: FastifyInstance,
  operator: Operator,
  { EMRSystem, EmrInstance }: { EMRSystem: string; EmrInstance: string },
): EmrConnection {
  const found = app.connections.find(parseEmrSystem(EMRSystem) ?? EMRSystem, EmrInstance)
  if (!found || !maySee(operator, found.settings)) throw new Refusal('not-found', 'There is no such connection.')
  return found
}

/** A connection with its figures, who fills it, and its settings as configured. */
export async function readDetail(redis: RedisClient, connection: EmrConnection): Promise<ConnectionDetail> {
  const { settings, records } = connection
  const [[seenNow], minutes, depths] = await Promise.all([
    readConnectionRows(redis, [connection]),
    records.minutes(48 * 60),
    records.jobs.depths(),
  ])
  if (!seenNow) throw new TypeError('each connection has a row')
  const Minutes = minutes
    .filter((minute) => minute.accepted > 0 || endedIn(minute) > 0 || minute.latency.some((count) => count > 0))
    .map((minute) => {
      const p95 = p95Of([minute])
      return {
        At: new Date(minute.at).toISOString(),
        Accepted: minute.accepted,
        Ended: minute.ended,
        Calls: minute.calls.create,
        Finds: minute.calls.find,
        ...(p95 !== undefined && { P95Ms: p95 }),
      }
    })
  const Applications = [...depths].map(([Name, Pending]) => ({ Name, Pending })).sort((a, b) => b.Pending - a.Pending)
  const { concurrency, requestsPerSecond } = settings
  return {
    ...seenNow.row,
    Minutes,
    Applications,
    Configured: { Concurrency: concurrency, RequestsPerSecond: requestsPerSecond },
  }
}
