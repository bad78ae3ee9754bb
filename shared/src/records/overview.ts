import { openBreakerRecord, type BreakerState } from './breaker.ts'
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
  breaker: BreakerState
  /** Until when the EMR asked for a pause. */
  heldUntil: number | undefined
  control: Control
  /** The last hour. */
  minutes: Minute[]
}

/** Reads what an operator sees of a connection, in one round trip. */
export async function readOverview({ redis, keys, connection, terms }: RecordsContext): Promise<Overview> {
  const [pending, [, deadline], running, inDoubt, breaker, held, control, minutes] = await Promise.all([
    redis.zcard(keys.pending),
    redis.zrange(keys.pending, '0', '0', 'WITHSCORES'),
    redis.llen(`${keys.base}:active`),
    redis.zcard(keys.ended('OutcomeUnknown')),
    openBreakerRecord(redis, connection).state(),
    redis.get(keys.hold),
    openControl(redis, connection).read(),
    readMinutes(redis, connection, 60),
  ])
  return {
    pending,
    oldestPendingAt: deadline ? Number(deadline) - terms.deadlineMs : undefined,
    running,
    inDoubt,
    breaker,
    heldUntil: held && Number(held) > Date.now() ? Number(held) : undefined,
    control,
    minutes,
  }
}
