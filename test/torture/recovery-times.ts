import { faultTimes } from './breaker-intervals.ts'
import type { HistoryEvent } from './history.ts'

/** A lock of 10 s is renewed at half of it: a dead worker's job is not taken over sooner. */
const LOCK_LEFT_MS = 5_000

/** How long one kind of recovery took, ms each; `undisturbed`: nothing else that matters was wrong meanwhile. */
export type Recovery = { what: string; all: number[]; undisturbed: number[] }

type Log = Extract<HistoryEvent, { what: 'log' }>
type Fault = ReturnType<typeof faultTimes>[number]

/** How fast the gateway came back, from the history of a run. */
export function recoveryTimes(history: readonly HistoryEvent[]): Recovery[] {
  const faults = faultTimes(history)
  const logs = history.filter((event) => event.what === 'log')
  const firstDone = (afterMs: number) => logs.find((log) => log.ms > afterMs && isDone(log))?.ms
  return [
    measure('Redis back -> first job done', faults, (fault) => {
      if (fault.kind !== 'redis-kill' && fault.kind !== 'disk-full') return []
      return [{ fromMs: endOf(fault), toMs: firstDone(endOf(fault)) }]
    }),
    measure('worker killed -> its job taken over', faults, (fault) => takenOver(fault, history, logs)),
    measure('EMR back, breaker was open -> first job done', faults, (fault) => {
      if (fault.kind !== 'emr-down') return []
      const opened = logs.some(({ event, ms }) => event === 'breaker.opened' && ms > fault.beginMs && ms < fault.endMs)
      return opened ? [{ fromMs: endOf(fault), toMs: firstDone(endOf(fault)) }] : []
    }),
  ]
}

/** Median and longest in seconds, for one line of the report. */
export function describeRecovery({ what, all, undisturbed }: Recovery): string {
  if (all.length === 0) return `${what}: not seen`
  const median =
    undisturbed.length > 0 ? `median ${seconds(middle(undisturbed))}, max ${seconds(Math.max(...undisturbed))}` : 'none'
  return `${what}: ${median} (${undisturbed.length} undisturbed); of all ${all.length}: median ${seconds(middle(all))}, max ${seconds(Math.max(...all))}`
}

function measure(
  what: string,
  faults: Fault[],
  spans: (fault: Fault) => { fromMs: number; toMs: number | undefined }[],
): Recovery {
  const all: number[] = []
  const undisturbed: number[] = []
  for (const fault of faults) {
    for (const { fromMs, toMs } of spans(fault)) {
      if (toMs === undefined) continue
      all.push(toMs - fromMs)
      const others = faults.filter((other) => other !== fault && other.beginMs <= toMs && other.endMs >= fromMs)
      if (!others.some(holdsUpJobs)) undisturbed.push(toMs - fromMs)
    }
  }
  return { what, all, undisturbed }
}

/**
 * When each job of a killed worker was heard of again. Where all were killed, all that was active; else what nothing was heard
 * of for as long as a lock lasts at least, since nobody wrote down whose job was whose.
 */
function takenOver(fault: Fault, history: readonly HistoryEvent[], logs: Log[]) {
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

/** What stops all jobs, not just some. */
function holdsUpJobs({ kind }: Fault): boolean {
  return kind.includes('redis') || kind === 'disk-full' || kind === 'emr-down' || kind === 'emr-pause'
}

/** Without the aftermath that `faultTimes` adds. */
function endOf({ endMs }: Fault): number {
  return endMs - 1_000
}

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
