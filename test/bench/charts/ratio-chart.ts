import type { TopLevelSpec } from 'vega-lite'
import { resultLines, type RowResults } from '../results.ts'

type Point = { label: string; ratio: number; min: number; max: number; first: number; second: number; reached: string }

/** Each figure that has a goal as a ratio: median and spread, beside the first and the second step of its goal. */
export function ratioChart(results: readonly RowResults[]): TopLevelSpec | undefined {
  const points = results.flatMap((row) => {
    const judged = resultLines(row).filter(({ figure }) => figure.goal?.of === 'ratio')
    return judged.flatMap(({ figure, lines: [own] }): Point[] => {
      if (!figure.goal || !own?.ratio) return []
      const { median, min, max } = own.ratio
      const { first, second = first } = figure.goal
      const name = judged.length > 1 ? `${row.measurement.title}, ${figure.label}` : row.measurement.title
      const better = figure.better === 'less' ? 'less is better' : 'more is better'
      const reached = own.goal?.reached === 'none' ? 'no' : 'yes'
      return [{ label: `${name} (${better})`, ratio: median, min, max, first, second, reached }]
    })
  })
  if (points.length === 0) return undefined
  const y = { field: 'label', type: 'nominal', title: null, sort: null, axis: { labelLimit: 600 } } as const
  const x = (field: keyof Point) => ({ field, type: 'quantitative', title: 'ratio to the bare app' }) as const
  const color = {
    field: 'reached',
    type: 'nominal',
    scale: { domain: ['yes', 'no'], range: ['#0b6e4f', '#c1121f'] },
    legend: null,
  } as const
  return {
    title: {
      text: 'The gateway with all its promises, against the bare app',
      subtitle:
        'dot: median of the rounds, line: their spread, ticks: first and second step of the goal; red: not reached',
    },
    width: 460,
    height: { step: 34 },
    data: { values: points },
    layer: [
      { mark: { type: 'rule', color: '#bbb', strokeDash: [4, 4] }, encoding: { x: { datum: 1 } } },
      { mark: { type: 'tick', thickness: 2, size: 20, color: '#888' }, encoding: { y, x: x('first') } },
      { mark: { type: 'tick', thickness: 2, size: 12, color: '#bbb' }, encoding: { y, x: x('second') } },
      { mark: { type: 'rule', strokeWidth: 2 }, encoding: { y, x: x('min'), x2: { field: 'max' }, color } },
      {
        mark: { type: 'point', filled: true, size: 110, opacity: 1 },
        encoding: {
          y,
          x: x('ratio'),
          color,
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 10, dy: -9, fontSize: 12 },
        encoding: { y, x: x('ratio'), text: { field: 'ratio', type: 'quantitative', format: '.2f' } },
      },
    ],
  }
}
