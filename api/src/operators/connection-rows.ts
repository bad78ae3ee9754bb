import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { readFleet } from '@encounter-gateway/shared/records/fleet.ts'
import { breakerReasons } from '@encounter-gateway/shared/records/breaker.ts'
import type { Overview } from '@encounter-gateway/shared/records/overview.ts'
import { p95Of, type Minute } from '@encounter-gateway/shared/records/tally.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { EmrConnection } from '../connections/connections.ts'
import type { ConnectionRow, ConnectionState } from './api/schemas.ts'

/** Minutes over which rates are averaged, without the one that is still being counted. */
const RATE_MINUTES = 5
/** A connection is slow when 5% of its calls take longer than this share of their time-out. */
const SLOW_SHARE = 0.5
/** Fewer calls than this in `RATE_MINUTES` say nothing about slowness. */
const CALLS_FOR_SLOW = 10

/** A row, and what the page draws beside it: jobs ended per minute in the last hour, oldest first. */
export type SeenConnection = { row: ConnectionRow; lastHour: number[] }

/** The order of trouble: what needs a person comes first. */
const byTrouble: readonly ConnectionState[] = ['Sick', 'NoWorkers', 'Throttled', 'Slow', 'Paused', 'Healthy']

/** Reads the rows of these connections, those in trouble first. */
export async function readConnectionRows(
  redis: RedisClient,
  connections: readonly EmrConnection[],
): Promise<SeenConnection[]> {
  const fleet = readFleet(redis)
  const rows = connections.map(async ({ settings, records }) => {
    const [overview, processes] = await Promise.all([records.overview(), fleet])
    const workers = processes.filter(({ Kind, Alive }) => Kind === 'worker' && Alive).length
    return { row: rowOf(settings, overview, workers), lastHour: overview.minutes.map(endedIn) }
  })
  return (await Promise.all(rows)).sort(
    (a, b) =>
      byTrouble.indexOf(a.row.State) - byTrouble.indexOf(b.row.State) ||
      b.row.Pending - a.row.Pending ||
      nameOf({ emrSystem: a.row.EMRSystem, emrInstance: a.row.EmrInstance }).localeCompare(
        nameOf({ emrSystem: b.row.EMRSystem, emrInstance: b.row.EmrInstance }),
      ),
  )
}

/** How many jobs ended in a minute, in whatever state. */
export function endedIn({ ended }: Pick<Minute, 'ended'>): number {
  return Object.values(ended).reduce((sum, count) => sum + count, 0)
}

/** What an operator sees of a connection at the moment `now`. */
export function rowOf(settings: Connection, seen: Overview, workers: number, now = Date.now()): ConnectionRow {
  const { control, minutes, pending, running } = seen
  const recent = minutes.slice(-1 - RATE_MINUTES, -1)
  const rate = (count: (minute: Minute) => number) =>
    Math.round((10 * recent.reduce((sum, minute) => sum + count(minute), 0)) / RATE_MINUTES) / 10
  const accepted = rate((minute) => minute.accepted)
  const ended = rate(endedIn)
  const p95 = p95Of(minutes.slice(-1 - RATE_MINUTES))
  const isHeld = seen.breaker.state !== 'closed' || Boolean(seen.heldUntil ?? control.hold ?? control.paused)
  const shrinksBy = ended - accepted
  return {
    EMRSystem: settings.emrSystem,
    EmrInstance: settings.emrInstance,
    Connector: settings.connector,
    ...stateOf(settings, seen, workers, p95, now),
    Pending: pending,
    ...(seen.oldestPendingAt && { OldestPendingAt: isoTime(Math.min(seen.oldestPendingAt, now)) }),
    Running: running,
    Parked: isHeld ? Math.max(pending - running, 0) : 0,
    InDoubt: seen.inDoubt,
    AcceptedPerMinute: accepted,
    EndedPerMinute: ended,
    ...(pending > 0 && shrinksBy > 0 && { EmptyInSeconds: Math.ceil((pending / shrinksBy) * 60) }),
    ...(p95 !== undefined && { P95Ms: p95 }),
    Concurrency: control.limits?.concurrency ?? settings.concurrency,
    RequestsPerSecond: control.limits?.requestsPerSecond ?? settings.requestsPerSecond,
    Workers: workers,
    ...(control.draining && { Draining: true }),
    ...orderOf(seen),
  }
}

function orderOf({ control: { paused, hold, draining, limits } }: Overview) {
  const order = paused ?? hold ?? draining ?? limits
  if (!order) return {}
  return { OrderedBy: order.by, Reason: order.reason, ...(order.until && { Until: isoTime(order.until) }) }
}

type State = Pick<ConnectionRow, 'State' | 'Since' | 'Cause' | 'NextProbeAt'>

function stateOf(
  { timeoutMs }: Connection,
  { control, breaker, heldUntil, minutes, pending }: Overview,
  workers: number,
  p95: number | undefined,
  now: number,
): State {
  const { paused, hold } = control
  if (paused) return { State: 'Paused', Since: isoTime(paused.at), Cause: 'paused by an operator' }
  if (hold) {
    const NextProbeAt = isoTime(hold.until)
    return { State: 'Paused', Since: isoTime(hold.at), Cause: 'held by an operator', NextProbeAt }
  }
  if (workers === 0) return { State: 'NoWorkers', Cause: 'no worker gives a sign of life' }
  if (breaker.state !== 'closed') {
    return {
      State: 'Sick',
      Cause: breaker.cause ? breakerReasons[breaker.cause] : breakerReasons.failures,
      Since: isoTime(breaker.since),
      NextProbeAt: isoTime(Math.max(breaker.until, now)),
    }
  }
  if (heldUntil) return { State: 'Throttled', Cause: 'the EMR asked for a pause', NextProbeAt: isoTime(heldUntil) }
  const calls = minutes
    .slice(-1 - RATE_MINUTES)
    .reduce((sum, { latency }) => sum + latency.reduce((a, b) => a + b, 0), 0)
  if (p95 !== undefined && p95 > timeoutMs * SLOW_SHARE && calls >= CALLS_FOR_SLOW && pending > 0) {
    return { State: 'Slow', Cause: 'calls take more than half of their time-out' }
  }
  return { State: 'Healthy' }
}

function isoTime(ms: number): string {
  return new Date(Math.round(ms)).toISOString()
}
