import { cpus, loadavg } from 'node:os'
import type { Finding } from './checker.ts'
import { heldGoal, medianAndMax, recoveryTimes, type Recovery } from './recovery-times.ts'
import type { TortureResult } from './run-torture.ts'

/** The result of one run, small enough to keep many. */
export type SeedSummary = {
  seed: number
  encounters: number
  inEmr: number
  recovered: number
  lost: number
  twice: number
  untold: number
  /** Broken invariants other than these. */
  others: number
  drainedAfterMs: number | undefined
  recoveries: Recovery[]
}

const lostBy = new Set([
  'accepted means durable',
  'accepted in the end',
  'one terminal state',
  'succeeded means created',
  'none expires',
])

export function summarize(result: TortureResult): SeedSummary {
  const { order, history, findings, drainedAfterMs } = result
  const count = (is: (finding: Finding) => boolean) => findings.filter(is).length
  const lost = count(({ invariant }) => lostBy.has(invariant))
  const twice = count(({ invariant }) => invariant === 'at most one encounter')
  const untold = count(({ invariant }) => invariant === 'told by webhook')
  return {
    seed: order.seed,
    encounters: order.encounters,
    inEmr: history.filter((event) => event.what === 'creation' && !event.outage).length,
    recovered: history.filter((event) => event.what === 'job' && event.recovered).length,
    lost,
    twice,
    untold,
    others: findings.length - lost - twice - untold,
    drainedAfterMs,
    recoveries: recoveryTimes(history),
  }
}

/** Several runs as a Markdown table, with their machine below it. */
export function seedsTable(summaries: readonly SeedSummary[]): string {
  const recoveries = summaries[0]?.recoveries ?? []
  const head = ['seed', 'encounters', 'in the EMR', 'found by reconcile', 'lost', 'twice', 'without webhook']
  const goals = recoveries.map(({ what, goalMs }) => `${what} (goal: ${goalMs / 1000} s)`)
  const rows = summaries.map((each) => [
    each.seed,
    each.encounters,
    each.inEmr,
    each.recovered,
    each.lost,
    each.twice,
    each.untold,
    each.others,
    each.drainedAfterMs === undefined ? 'NOT' : `${(each.drainedAfterMs / 1000).toFixed(1)} s`,
    ...each.recoveries.map(recoveryCell),
  ])
  const columns = [...head, 'else broken', 'drained after', ...goals]
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`
  const load = loadavg().map((each) => each.toFixed(1))
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map(line),
    '',
    `Recovery times: those with no other fault at work, where there were any. ${cpus().length} cores, load average at the end ${load.join(', ')}.`,
  ].join('\n')
}

function recoveryCell(recovery: Recovery): string {
  const { all, undisturbed } = recovery
  if (undisturbed.length > 0) {
    const over = heldGoal(recovery) === false ? ', NOT HELD' : ''
    return `${medianAndMax(undisturbed)} (${undisturbed.length}${over})`
  }
  return all.length > 0 ? `${medianAndMax(all)} (${all.length}, all disturbed)` : ''
}
