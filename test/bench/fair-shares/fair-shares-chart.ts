import type { TopLevelSpec } from 'vega-lite'
import { shares, type ApplicationName } from './gateway.ts'
import { doneAt, type ScenarioResult } from './scenario.ts'

const BIN_SECONDS = 2
const names = Object.keys(shares) as ApplicationName[]

/** Each application's progress over time, and below it each one's share of the connection. */
export function fairSharesChart({ runs, options: { items } }: ScenarioResult): TopLevelSpec {
  const end = Math.max(...runs.flatMap(({ points }) => points.map(({ seconds }) => seconds)))
  const times = Array.from({ length: Math.floor(end / BIN_SECONDS) + 1 }, (_, bin) => bin * BIN_SECONDS)
  const legend = (name: ApplicationName) =>
    `${name}: ${items[name].toLocaleString('en')} items, share ${shares[name]}${name === 'B' ? ', again and again' : ''}`
  const values = times.flatMap((seconds) =>
    names.map((name) => {
      const done = doneAt(runs, name, seconds)
      return {
        seconds,
        name: legend(name),
        done,
        rate: (done - doneAt(runs, name, seconds - BIN_SECONDS)) / BIN_SECONDS,
      }
    }),
  )
  const arrivals = runs.map(({ application, arrivedAt }) => ({ seconds: arrivedAt, label: application }))
  const x = {
    field: 'seconds',
    type: 'quantitative',
    title: 'seconds since A began to upload',
    scale: { nice: false },
  } as const
  const color = {
    field: 'name',
    type: 'nominal',
    title: null,
    scale: { domain: names.map(legend), range: ['#8d99ae', '#0b6e4f', '#c9a227'] },
    legend: { orient: 'bottom', labelLimit: 0, columns: 1 },
  } as const
  const dashes = {
    data: { values: arrivals },
    mark: { type: 'rule' as const, color: '#bbb', strokeDash: [4, 4] },
    encoding: { x },
  }
  return {
    title: { text: 'Batches of three applications on one connection', subtitle: 'dashed: a batch arrives' },
    data: { values },
    vconcat: [
      {
        width: 620,
        height: 220,
        layer: [
          dashes,
          {
            data: { values: arrivals },
            mark: { type: 'text', align: 'left', dx: 3, y: 8, fontSize: 11, color: '#555' },
            encoding: { x, text: { field: 'label', type: 'nominal' } },
          },
          {
            mark: { type: 'line', strokeWidth: 2 },
            encoding: { x, y: { field: 'done', type: 'quantitative', title: 'encounters created' }, color },
          },
        ],
      },
      {
        width: 620,
        height: 130,
        layer: [
          {
            mark: { type: 'area', interpolate: 'step-before' },
            encoding: {
              x,
              y: { field: 'rate', type: 'quantitative', title: 'per second', stack: 'zero' },
              color,
            },
          },
          dashes,
        ],
      },
    ],
  }
}
