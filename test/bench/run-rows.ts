import type { Bench } from './bench-options.ts'
import { Skipped, type Figures, type Measurement } from './measurement.ts'
import type { Progress } from './progress.ts'
import type { RowResults } from './results.ts'
import { rowSection } from './table.ts'

/**
 * Runs every row, its sides in turn (A B A B ...), so that each comparison is made within a few seconds of the same
 * machine. A side that is not available is left out of later rounds; a run that fails is reported and leaves a gap.
 */
export async function runRows(
  rows: readonly Measurement[],
  about: { bench: Omit<Bench, 'round' | 'log'>; rounds: number; progress: Progress; stop: AbortSignal },
): Promise<RowResults[]> {
  const { bench, rounds, progress, stop } = about
  const log = (line: string) => progress.say(line)
  const all: RowResults[] = []
  let done = 0
  for (const measurement of rows) {
    const { sides } = measurement
    const results: RowResults = {
      measurement,
      bySide: new Map(sides.map((side) => [side, []])),
      skipped: new Map(),
    }
    for (let round = 0; round < roundsOf(measurement, rounds, bench.full); round++) {
      for (const side of sides) {
        if (stop.aborted) break
        progress.at(done++, `${measurement.id} ${measurement.name}, round ${round + 1}, ${side}`)
        results.bySide.get(side)?.push(await runOnce(results, side, { ...bench, round, log }))
      }
    }
    all.push(results)
    progress.say(`\n${rowSection(results)}`)
    // the measurements so far are kept
    if (stop.aborted) break
  }
  return all
}

/** The figures of one run; `undefined` if the side is not available or the run failed, which is reported. */
async function runOnce({ measurement, skipped }: RowResults, side: string, bench: Bench): Promise<Figures | undefined> {
  if (skipped.has(side)) return undefined
  try {
    return await measurement.run(side, bench)
  } catch (error) {
    if (error instanceof Skipped) skipped.set(side, error.message)
    else bench.log(`${measurement.name}, ${side}: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** The number of runs. */
export function countRuns(rows: readonly Measurement[], rounds: number, full: boolean): number {
  return rows.reduce((sum, row) => sum + row.sides.length * roundsOf(row, rounds, full), 0)
}

function roundsOf({ maxRounds = Infinity, maxRoundsInShort = Infinity }: Measurement, rounds: number, full: boolean) {
  return Math.min(rounds, maxRounds, full ? Infinity : maxRoundsInShort)
}
