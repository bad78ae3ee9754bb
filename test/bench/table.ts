import { resultLines, type ResultLine, type RowResults } from './results.ts'
import type { Summary } from './statistics.ts'

const reached = { both: 'reached', first: 'first step reached', none: 'not reached' }

/** A row's results as a Markdown section: what was measured and how, and a table of medians with their spread. */
export function rowSection(results: RowResults): string {
  const { id, title, method, base } = results.measurement
  const lines = resultLines(results).flatMap(({ figure, lines }) =>
    lines.map((line, index) =>
      tableLine([
        index === 0 ? `${figure.label}${figure.unit ? `, ${figure.unit}` : ''}` : '',
        line.side,
        spread(line.value),
        line.ratio ? spread(line.ratio) : '',
        goalText(line),
      ]),
    ),
  )
  const skipped = [...results.skipped].map(([side, why]) => `\nNot measured: ${side} (${why}).`)
  const heading = ['', '', 'median (least to most)', base ? `: ${base}` : '', 'goal']
  return [
    `### ${id}. ${title}`,
    '',
    method,
    '',
    tableLine(heading),
    tableLine(heading.map((_, column) => (column > 1 ? '---:' : '---'))),
    ...lines,
    ...skipped,
    '',
  ].join('\n')
}

/** Three significant digits; thousands separated. */
export function shortNumber(value: number): string {
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en-US')
  if (size >= 100 || Number.isInteger(value)) return value.toFixed(0)
  return value.toFixed(size >= 10 ? 1 : 2)
}

function spread({ median, min, max, rounds }: Summary): string {
  const middle = shortNumber(median)
  return rounds === 1 ? middle : `${middle} (${shortNumber(min)} to ${shortNumber(max)})`
}

function goalText({ goal }: ResultLine): string {
  return goal ? `${goal.text}: ${reached[goal.reached]}` : ''
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
