import { SECOND } from '@encounter-gateway/shared/durations.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { setTimeout as pause } from 'node:timers/promises'
import { readConnectionRows } from './connection-rows.ts'
import { maySee } from './rights.ts'

const LOOK_EVERY_MS = 2 * SECOND
/** A comment at least this often, so that proxies keep the connection, and a look whether the session still lives. */
const HEARTBEAT_MS = 15 * SECOND

/**
 * Streams changes as server-sent events: `changed` with names and states at once and whenever a connection that the
 * operator may know of has changed, `ended` when the session does. Ends then, or when `signal` aborts. Reading events does
 * not keep a session alive.
 */
export async function* connectionEvents(
  app: FastifyInstance,
  redis: RedisClient,
  request: FastifyRequest,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { operator } = request
  if (!operator) throw new TypeError('the hook of this scope identifies the operator')
  const connections = app.connections.all.filter(({ settings }) => maySee(operator, settings))
  let last = ''
  let quietSince = performance.now()
  yield 'retry: 3000\n\n'
  while (!signal.aborted) {
    const rows = (await readConnectionRows(redis, connections)).map(({ row }) => row)
    const now = JSON.stringify(rows)
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
