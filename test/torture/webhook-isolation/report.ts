import { percentile } from '../../bench/statistics.ts'
import type { Played, SickEnd } from './play.ts'

/** Upper limits of the histogram, in ms. */
const LIMITS = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000]
const GOAL = 1.5
const BAR = 40

/** One round in a few lines. */
export function describePlayed(name: string, played: Played): string {
  const { accepted, latencies, lost, twice, kills, failing, hanging } = played
  const of = (p: number) => `p${p} ${Math.round(percentile(latencies, p))} ms`
  const end = (what: string, { state, reason = 'nothing waits', pending, posts }: SickEnd) =>
    `the one that ${what}: ${state} (${reason}), ${posts} POSTs, ${pending} messages wait`
  return [
    `${name}: ${accepted} outcomes, ${lost.length} lost, ${twice} more than once; ${of(50)}, ${of(95)}, ${of(99)}`,
    ...(kills > 0 ? [`  ${kills} workers killed`] : []),
    ...(failing ? [`  ${end('answers 500', failing)}`] : []),
    ...(hanging ? [`  ${end('hangs', hanging)}`] : []),
    histogram(latencies),
  ].join('\n')
}

/** Compares the healthy consumer's p95 with that of the quiet rounds. */
export function verdict(quiet: readonly Played[], sick: readonly Played[]): string {
  const p95 = (rounds: readonly Played[]) =>
    percentile(
      rounds.flatMap(({ latencies }) => latencies),
      95,
    )
  const ratio = p95(sick) / p95(quiet)
  const held = ratio <= GOAL ? 'held' : 'NOT HELD'
  return `p95 ${Math.round(p95(quiet))} ms quiet, ${Math.round(p95(sick))} ms beside one that hangs and one that fails: ${ratio.toFixed(2)}x (goal ${GOAL}x, ${held})`
}

function histogram(latencies: readonly number[]): string {
  const rows = [...LIMITS, Infinity].map((limit, n) => {
    const from = LIMITS[n - 1] ?? -1
    return { limit, count: latencies.filter((ms) => ms > from && ms <= limit).length }
  })
  const most = Math.max(...rows.map(({ count }) => count), 1)
  return rows
    .filter(({ count }) => count > 0)
    .map(({ limit, count }) => {
      const label = limit === Infinity ? 'more' : `≤ ${limit} ms`
      return `  ${label.padStart(10)} ${String(count).padStart(6)} ${'#'.repeat(Math.ceil((count / most) * BAR))}`
    })
    .join('\n')
}
