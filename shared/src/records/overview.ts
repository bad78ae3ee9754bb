import type { RecordsContext } from './context.ts'
import { openControl, type Control } from './control.ts'
import { readMinutes, type Minute } from './tally.ts'

/** What an operator sees of a connection at one moment. */
export type Overview = {
  pending: number
  /** When the job whose deadline is next was accepted or retried, ms since the epoch, given its time to the deadline. */
  oldestPendingAt: number | undefined
  running: number
  inDoubt: number
  /** Until when the breaker is open, or since when it waits for one good answer (a time in the past). */
  breaker: { openUntil: number; reason: string | undefined; since: number | undefined } | undefined
  /** Until when the EMR asked for a pause. */
  heldUntil: number | undefined
  control: Control
  /** The last hour. */
  minutes: Minute[]
}

/** Reads what an operator sees of a connection, in one round trip. */
export async function readOverview({ redis, keys, connection, terms }: RecordsContext): Promise<Overview> {
  const [pending, [, deadline], running, inDoubt, [openUntil, reason, since], held, control, minutes] =
    await Promise.all([
      redis.zcard(keys.pending),
      redis.zrange(keys.pending, '0', '0', 'WITHSCORES'),
      redis.llen(`${keys.base}:active`),
      redis.zcard(keys.ended('OutcomeUnknown')),
      redis.hmget(keys.breaker, 'openUntil', 'reason', 'since'),
      redis.get(keys.hold),
      openControl(redis, connection).read(),
      readMinutes(redis, connection, 60),
    ])
  return {
    pending,
    oldestPendingAt: deadline ? Number(deadline) - terms.deadlineMs : undefined,
    running,
    inDoubt,
    breaker: openUntil
      ? { openUntil: Number(openUntil), reason: reason ?? undefined, since: since ? Number(since) : undefined }
      : undefined,
    heldUntil: held && Number(held) > Date.now() ? Number(held) : undefined,
    control,
    minutes,
  }
}
