import { SECOND } from '@encounter-gateway/shared/durations.ts'
import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { setTimeout as pause } from 'node:timers/promises'
import { readConnectionRows } from './connection-rows.ts'
import { maySee } from './rights.ts'
import { countEndpoints } from './webhooks-seen.ts'

const LOOK_EVERY_MS = 2 * SECOND
/** A comment at least this often, so that proxies keep the connection, and a look whether the session still lives. */
const HEARTBEAT_MS = 15 * SECOND

/**
 * Streams changes as server-sent events: `changed` with names and states at once and whenever a connection or a webhook
 * endpoint that the operator may know of has changed, `ended` when the session does. Ends then, or when `signal` aborts. Reading events does
 * not keep a session alive.
 */
export async function* connectionEvents(
  app: FastifyInstance,
  { redis, applications }: { redis: RedisClient; applications: readonly Application[] },
  request: FastifyRequest,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { operator } = request
  if (!operator) throw new TypeError('the hook of this scope identifies the operator')
  const looking = { app, applications, operator }
  const connections = app.connections.all.filter(({ settings }) => maySee(operator, settings))
  let last = ''
  let quietSince = performance.now()
  yield 'retry: 3000\n\n'
  while (!signal.aborted) {
    const [seen, endpoints] = await Promise.all([readConnectionRows(redis, connections), countEndpoints(looking)])
    const rows = seen.map(({ row }) => row)
    const now = JSON.stringify([rows, endpoints])
    if (now !== last) {
      last = now
      quietSince = performance.now()
      const Connections = rows.map(({ EMRSystem, EmrInstance, State }) => ({ EMRSystem, EmrInstance, State }))
      yield `event: changed\ndata: ${JSON.stringify({ Connections })}\n\n`
    }
    if (performance.now() - quietSince > HEARTBEAT_MS) {
      if (!(await app.identifyOperator(request, { isIdle: true }))) {
        yield 'event: ended\ndata: {}\n\n'
        return
      }
      quietSince = performance.now()
      yield ': still here\n\n'
    }
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}
