import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { Audit, AuditEntry } from '@encounter-gateway/shared/records/audit.ts'
import type { Control, Limits } from '@encounter-gateway/shared/records/control.ts'
import type { FastifyBaseLogger } from 'fastify'
import type { EmrConnection } from '../connections/connections.ts'

/** Who acts, from where, and why. */
export type Actor = { operator: Operator; from: string; reason: string }

/** What acts need. */
export type ActingOn = { audit: Audit; log: FastifyBaseLogger }

/** An order to a connection. */
export type ConnectionAct =
  | { act: 'Pause'; until?: number | undefined }
  | { act: 'Resume' | 'Drain' | 'Release' }
  | { act: 'Hold'; seconds: number }
  | ({ act: 'Limits' } & Limits)

/**
 * Writes an act to the audit log and to the log, before it is done: an act that cannot be recorded is not done. Throws
 * what Redis throws.
 */
export async function recordAct(
  { audit, log }: Pick<ActingOn, 'audit' | 'log'>,
  { operator, from, reason }: Actor,
  entry: Pick<AuditEntry, 'Action' | 'EMRSystem' | 'EmrInstance' | 'JobId' | 'About' | 'Before' | 'After'>,
): Promise<void> {
  const { name, role } = operator
  const by = { Actor: name, Kind: 'operator', Role: role, From: from, Reason: reason } as const
  const { Hash } = await audit.append({ ...by, ...entry })
  const { Action, EMRSystem, EmrInstance, JobId, About } = entry
  const connection = EMRSystem && `${EMRSystem}.${EmrInstance}`
  log.info({ operator: name, role, act: Action, connection, job: JobId, about: About, audit: Hash }, 'operator.acted')
}

/** Gives an order to a connection. It is in force at once where the queue can enforce it, in all processes within 2 s. */
export async function actOnConnection(
  on: ActingOn,
  { settings, records }: EmrConnection,
  actor: Actor,
  order: ConnectionAct,
): Promise<void> {
  const { control, queue } = records
  const before = await control.read()
  const by = { by: actor.operator.name, reason: actor.reason, at: Date.now() }
  const orders = ordersFor(order, by, before)
  const { emrSystem: EMRSystem, emrInstance: EmrInstance } = settings
  const [Before, After] = [describe(before), describe({ ...before, ...orders })]
  await recordAct(on, actor, { Action: order.act, EMRSystem, EmrInstance, Before, After })
  await control.write(orders)
  if (order.act === 'Pause') await queue.pause()
  if (order.act === 'Resume') await queue.resume()
  if (order.act === 'Hold') await records.holdCalls(order.seconds * 1000)
  if (order.act === 'Release') await records.releaseCalls()
}

type Orders = { [Name in keyof Control]?: Control[Name] | undefined }
type By = { by: string; reason: string; at: number }

function ordersFor(order: ConnectionAct, by: By, before: Control): Orders {
  switch (order.act) {
    case 'Pause':
      return { paused: { ...by, ...(order.until !== undefined && { until: order.until }) }, resumed: undefined }
    case 'Resume':
      return { paused: undefined, draining: undefined, resumed: by }
    case 'Drain':
      return { draining: by }
    case 'Hold':
      return { hold: { ...by, until: by.at + order.seconds * 1000 } }
    case 'Release':
      return { hold: undefined }
    default: {
      const { concurrency, requestsPerSecond } = order
      if (concurrency === undefined && requestsPerSecond === undefined)
        return before.limits ? { limits: undefined } : {}
      const limits = { ...by, ...(concurrency && { concurrency }), ...(requestsPerSecond && { requestsPerSecond }) }
      return { limits }
    }
  }
}

/** The orders in force in a few words, for the audit log. */
function describe({ paused, draining, hold, limits }: Orders): string {
  const words = [
    paused && (paused.until ? `paused until ${new Date(paused.until).toISOString()}` : 'paused'),
    draining && 'draining',
    hold && `held until ${new Date(hold.until).toISOString()}`,
    limits?.concurrency && `concurrency ${limits.concurrency}`,
    limits?.requestsPerSecond && `${limits.requestsPerSecond} requests per second`,
  ].filter(Boolean)
  return words.length > 0 ? words.join(', ') : 'as configured'
}
