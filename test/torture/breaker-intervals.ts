import type { HistoryEvent } from './history.ts'

/** For the breaker's record to reach Redis, and for a call already allowed to be made. */
const REACHES_ALL_MS = 1_500
/** Logs are read a little after they are written; the fleet's time is counted from Redis' clock in whole seconds. */
const UNSURE_AT_END_MS = 1_200

/** A time in which the breaker was open for every worker except those in `unsure`. */
export type OpenInterval = { fromMs: number; toMs: number; unsure: ReadonlySet<string> }

/**
 * When the breaker was surely open, by the workers' logs. Excludes openings during which Redis, or the workers' line to
 * it, was bad, since the record may then have been late; and excludes workers that were paused or just started: they
 * may have had leave from before, or their log may be read late.
 */
export function openBreakerIntervals(history: readonly HistoryEvent[]): OpenInterval[] {
  const closings = history.filter((event) => isTortured(event) && event.event === 'breaker.closed')
  const faults = faultTimes(history)
  return history.flatMap((event) => {
    if (!isTortured(event) || event.event !== 'breaker.opened' || event.openMs === undefined) return []
    const fromMs = event.ms + REACHES_ALL_MS
    const closedAt = closings.find(({ ms }) => ms >= event.ms)?.ms ?? Infinity
    const toMs = Math.min(event.ms + event.openMs, closedAt) - UNSURE_AT_END_MS
    if (toMs <= fromMs) return []
    const meanwhile = faults.filter(({ beginMs, endMs }) => beginMs <= toMs && endMs >= event.ms - REACHES_ALL_MS)
    if (meanwhile.some(({ kind }) => kind.includes('redis') || kind === 'disk-full')) return []
    const unsure = new Set(meanwhile.map(({ target }) => target))
    return unsure.has('all workers') || unsure.has(event.process) ? [] : [{ fromMs, toMs, unsure }]
  })
}

/** Whether it is a log line of the connection under torture; the others have breakers of their own. */
export function isTortured(event: HistoryEvent): event is Extract<HistoryEvent, { what: 'log' }> {
  return event.what === 'log' && event.connection === undefined
}

/** From begin to end, and the aftermath. */
export function faultTimes(history: readonly HistoryEvent[]) {
  const ends = new Map<number, number>()
  for (const event of history) if (event.what === 'nemesis' && event.phase === 'end') ends.set(event.n, event.ms)
  return history.flatMap((event) => {
    if (event.what !== 'nemesis' || event.phase !== 'begin') return []
    const { n, kind, target = '', ms: beginMs, afterMs = 1_000 } = event
    return [{ n, kind, target, beginMs, endMs: (ends.get(n) ?? Infinity) + afterMs }]
  })
}
