import type { TopLevelSpec } from 'vega-lite'
import { resultLines, type RowResults } from '../results.ts'
import { colorsOf } from './svg.ts'

const ofWaiting = new Map([
  ['rate', 'accepts per second'],
  ['drain', 'encounters per second'],
  ['p99', 'p99 to accept, ms'],
  ['memory', 'Redis memory, MB'],
])
const ofConnections = new Map([
  ['rate', 'accepts per second'],
  ['drain', 'encounters per second'],
  ['p99', 'p99 at the highest rate, ms'],
  ['memory', 'Redis memory, MB'],
])

type Point = { panel: string; at: string; side: string; value: number }

/** How rates, latency and memory change as more jobs wait. */
export function growthChart(results: readonly RowResults[]): TopLevelSpec | undefined {
  const points = linesOf(results, 'growth').flatMap(({ figure: { key }, lines }) => {
    const [what = '', waiting] = key.split('@')
    const panel = ofWaiting.get(what)
    if (!panel || waiting === undefined) return []
    return lines.map(({ side, value }) => ({ panel, at: shortCount(Number(waiting)), side, value: value.median }))
  })
  return panelsOf(points, [...ofWaiting.values()], 'What more waiting jobs change', 'jobs waiting')
}

/** The same for the number of EMRs configured. */
export function connectionsChart(results: readonly RowResults[]): TopLevelSpec | undefined {
  const points = linesOf(results, 'emr-connections').flatMap(({ figure: { key }, lines }) => {
    const panel = ofConnections.get(key)
    if (!panel) return []
    return lines.map(({ side, value }) => ({
      panel,
      at: String(Number.parseInt(side)),
      side: 'ours',
      value: value.median,
    }))
  })
  return panelsOf(points, [...ofConnections.values()], 'What more EMRs change', 'connections configured')
}

function linesOf(results: readonly RowResults[], name: string) {
  const row = results.find(({ measurement }) => measurement.name === name)
  return row ? resultLines(row) : []
}

function panelsOf(points: Point[], panels: string[], text: string, across: string): TopLevelSpec | undefined {
  if (points.length === 0) return undefined
  const colors = colorsOf(points.map(({ side }) => side))
  return {
    title: { text },
    data: { values: points },
    facet: { field: 'panel', type: 'nominal', title: null, sort: panels },
    columns: 2,
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 300,
      height: 170,
      mark: { type: 'line', point: { size: 60, filled: true } },
      encoding: {
        x: { field: 'at', type: 'ordinal', sort: null, title: across, axis: { labelAngle: 0 } },
        y: { field: 'value', type: 'quantitative', title: null, scale: { zero: true }, axis: { format: '~s' } },
        color: { field: 'side', type: 'nominal', title: null, scale: colors },
      },
    },
  }
}

function shortCount(count: number): string {
  if (count >= 1_000_000) return `${count / 1_000_000}M`
  return count >= 1000 ? `${count / 1000}k` : String(count)
}
