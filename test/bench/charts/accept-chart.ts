import type { TopLevelSpec } from 'vega-lite'
import { resultLines, type RowResults } from '../results.ts'
import { colorsOf } from './svg.ts'

const shown = new Map([
  ['accept-rate', 'accepts per second'],
  ['drain-rate', 'encounters per second to a Sandbox EMR'],
])

/** Rates of all sides, as bars with their spread. */
export function acceptChart(results: readonly RowResults[]): TopLevelSpec | undefined {
  const bars = results.flatMap((row) => {
    const what = shown.get(row.measurement.name)
    const rate = resultLines(row).find(({ figure }) => figure.key === 'rate')
    if (!what || !rate) return []
    return rate.lines.map(({ side, value: { median, min, max } }) => ({ what, side, median, min, max }))
  })
  if (bars.length === 0) return undefined
  const y = { field: 'side', type: 'nominal', title: null, sort: null } as const
  const x = (field: string) => ({ field, type: 'quantitative', title: null, axis: { format: ',d' } }) as const
  return {
    title: { text: 'One api process, one worker process', subtitle: 'median of the rounds, line: their spread' },
    data: { values: bars },
    facet: {
      row: {
        field: 'what',
        type: 'nominal',
        title: null,
        sort: [...shown.values()],
        header: { labelOrient: 'top', labelAnchor: 'start' },
      },
    },
    resolve: { scale: { x: 'independent' } },
    spec: {
      width: 520,
      height: { step: 26 },
      layer: [
        {
          mark: { type: 'bar', height: 18 },
          encoding: {
            y,
            x: x('median'),
            color: { field: 'side', scale: colorsOf(bars.map(({ side }) => side)), legend: null },
          },
        },
        { mark: { type: 'rule', strokeWidth: 2, color: '#333' }, encoding: { y, x: x('min'), x2: { field: 'max' } } },
        {
          mark: { type: 'text', align: 'left', dx: 6, fontSize: 12 },
          encoding: { y, x: x('max'), text: { field: 'median', type: 'quantitative', format: ',.0f' } },
        },
      ],
    },
  }
}
