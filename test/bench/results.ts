import type { Figures, Measurement } from './measurement.ts'
import { ratios, summarize, type Summary } from './statistics.ts'

/** One side's results in each round; a run that failed or was skipped has none. */
export type Rounds = (Figures | undefined)[]

/** All runs of one row. */
export type RowResults = {
  measurement: Measurement
  bySide: Map<string, Rounds>
  /** Why a side has no figures. */
  skipped: Map<string, string>
}

/** One line of the table: a figure on one side. */
export type ResultLine = {
  side: string
  value: Summary
  /** To the base side. */
  ratio: Summary | undefined
  /** The goal, in words, and how far it was reached; only for ours. */
  goal: { text: string; reached: 'both' | 'first' | 'none' } | undefined
}

/** Every figure of a row with its lines, sides in their order. */
export function resultLines({ measurement, bySide }: RowResults) {
  const { figures, sides, base } = measurement
  return figures.map((figure) => {
    const roundsOf = (side: string) => (bySide.get(side) ?? []).map((figures) => figures?.[figure.key])
    const lines = sides.flatMap((side): ResultLine[] => {
      const value = summarize(roundsOf(side))
      if (!value) return []
      const ratio = base && side !== base ? ratios(roundsOf(side), roundsOf(base)) : undefined
      return [{ side, value, ratio, goal: side === sides[0] ? goalOf(figure, value, ratio) : undefined }]
    })
    return { figure, lines }
  })
}

function goalOf(
  { goal, better }: Measurement['figures'][number],
  value: Summary,
  ratio: Summary | undefined,
): ResultLine['goal'] {
  if (!goal) return undefined
  const got = goal.of === 'ratio' ? ratio?.median : value.median
  if (got === undefined) return undefined
  const reaches = (wanted: number) => (better === 'less' ? got <= wanted : got >= wanted)
  const steps = [goal.first, ...(goal.second === undefined ? [] : [goal.second])]
  const text = steps.map((step) => `${better === 'less' ? '≤' : '≥'} ${step}`).join(', then ')
  if (!reaches(goal.first)) return { text, reached: 'none' }
  return { text, reached: reaches(steps.at(-1) ?? goal.first) ? 'both' : 'first' }
}
