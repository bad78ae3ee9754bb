import { faultTimes, isTortured } from './breaker-intervals.ts'
import type { HistoryEvent } from './history.ts'
import { connection } from './connections.ts'

const SECOND = 1000
/** A lock of 6 s is renewed after half of it: a dead worker's job is not taken over sooner. */
const LOCK_LEFT_MS = 3 * SECOND
/**
 * A lock of 6 s expires, which is checked every 2 s; then the job has to be run. No goal was set; this is the sum of
 * the design's times.
 */
const TAKEN_OVER_MS = 10 * SECOND

/** How long one kind of recovery took, in ms each; `undisturbed`: no other relevant fault at the time. */
export type Recovery = { what: string; goalMs: number; all: number[]; undisturbed: number[] }

type Log = Extract<HistoryEvent, { what: 'log' }>
type Fault = ReturnType<typeof faultTimes>[number]
type Span = { fromMs: number; toMs: number | undefined }
/** A lasting fault, whoever caused it. */
type Trouble = { kind: string; beginMs: number; endMs: number }

/** How fast the gateway recovered, from the history of a run. */
export function recoveryTimes(history: readonly HistoryEvent[]): Recovery[] {
  const faults = faultTimes(history)
  const logs = history.filter(isTortured)
  const firstDone = (afterMs: number) => logs.find((log) => log.ms > afterMs && isDone(log))?.ms
  const troubles = [...faults, ...openBreakers(logs)]
  return [
    {
      what: 'Redis back -> first job done',
      goalMs: 3 * SECOND,
      ...measure({
        faults,
        troubles: troubles.filter(holdsUpAll),
        spans(fault) {
          if (fault.kind !== 'redis-kill' && fault.kind !== 'disk-full') return []
          return [{ fromMs: endOf(fault), toMs: firstDone(endOf(fault)) }]
        },
      }),
    },
    {
      what: 'worker killed -> its job taken over',
      goalMs: TAKEN_OVER_MS,
      ...measure({
        faults,
        troubles: troubles.filter((trouble) => holdsUpAll(trouble) || trouble.kind.startsWith('worker-')),
        spans: (fault) => takenOver(fault, history, logs),
      }),
    },
    {
      what: 'EMR back, breaker was open -> first job done',
      goalMs: connection.breaker.openMs + 1 * SECOND,
      ...measure({
        faults,
        troubles: faults.filter(holdsUpAll),
        spans(fault) {
          if (fault.kind !== 'emr-down') return []
          const { beginMs, endMs } = fault
          const opened = logs.some(({ event, ms }) => event === 'breaker.opened' && ms > beginMs && ms < endMs)
          return opened ? [{ fromMs: endOf(fault), toMs: firstDone(endOf(fault)) }] : []
        },
      }),
    },
  ]
}

/** Whether it stayed within its goal each time without another fault; `undefined` if there was no such time. */
export function heldGoal({ goalMs, undisturbed }: Recovery): boolean | undefined {
  return undisturbed.length === 0 ? undefined : Math.max(...undisturbed) <= goalMs
}

/** Its name, its goal, whether that was held, median and longest: one line of the report. */
export function describeRecovery(recovery: Recovery): string {
  const { what, goalMs, all, undisturbed } = recovery
  const goal = `${what} (goal: within ${seconds(goalMs)})`
  if (all.length === 0) return `${goal}: not seen`
  const others = `all ${all.length}: ${medianAndMax(all)}`
  const held = heldGoal(recovery)
  if (held === undefined) return `${goal}: never without another fault; ${others}`
  return `${goal}: ${held ? 'held' : 'NOT HELD'}, ${medianAndMax(undisturbed)} of ${undisturbed.length} undisturbed; ${others}`
}

/** `median 0.4 s, max 1.6 s` */
export function medianAndMax(values: readonly number[]): string {
  return `median ${seconds(middle(values))}, max ${seconds(Math.max(...values))}`
}

function measure(about: { faults: Fault[]; troubles: Trouble[]; spans: (fault: Fault) => Span[] }) {
  const all: number[] = []
  const undisturbed: number[] = []
  for (const fault of about.faults) {
    for (const { fromMs, toMs } of about.spans(fault)) {
      if (toMs === undefined) continue
      all.push(toMs - fromMs)
      const others = about.troubles.filter((other) => other !== fault && other.beginMs <= toMs && other.endMs >= fromMs)
      if (others.length === 0) undisturbed.push(toMs - fromMs)
    }
  }
  return { all, undisturbed }
}

/**
 * When each job of a killed worker was next heard of. If all workers were killed, all active jobs; else those without
 * an event for at least as long as a lock lasts, since the history does not record whose job was whose.
 */
function takenOver(fault: Fault, history: readonly HistoryEvent[], logs: Log[]): Span[] {
  if (fault.kind !== 'worker-kill' && fault.kind !== 'worker-kill-all') return []
  const begin = history.find((event) => event.what === 'nemesis' && event.n === fault.n && event.phase === 'begin')
  const jobs = begin?.what === 'nemesis' ? (begin.jobs ?? []) : []
  return jobs.flatMap((job) => {
    const next = logs.find((log) => log.job === job && log.ms > fault.beginMs && log.event.startsWith('encounter.'))
    return next && next.ms > fault.beginMs + LOCK_LEFT_MS ? [{ fromMs: fault.beginMs, toMs: next.ms }] : []
  })
}

function isDone({ event, outcome }: Log): boolean {
  return event.startsWith('encounter.') && (outcome === 'created' || outcome === 'found')
}

/** Faults that stop all jobs, not just some. */
function holdsUpAll({ kind }: Trouble): boolean {
  return kind.includes('redis') || stopping.has(kind)
}
const stopping = new Set([
  'disk-full',
  'emr-down',
  'emr-pause',
  'net-emr-deaf',
  'worker-kill-all',
  'outage',
  'breaker open',
])

/** From each opening to the closing after it, at most for the configured time. */
function openBreakers(logs: Log[]): Trouble[] {
  return logs.flatMap(({ event, ms, openMs = 0 }) => {
    if (event !== 'breaker.opened') return []
    const closedAt = logs.find((log) => log.event === 'breaker.closed' && log.ms >= ms)?.ms ?? Infinity
    return [{ kind: 'breaker open', beginMs: ms, endMs: Math.min(closedAt, ms + openMs + 1 * SECOND) }]
  })
}

/** Without the aftermath that `faultTimes` adds. */
function endOf({ endMs }: Fault): number {
  return endMs - 1 * SECOND
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
