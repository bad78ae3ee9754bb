import { expect, test } from 'vitest'
import type { Measurement } from './measurement.ts'
import { rowSection, shortNumber } from './table.ts'

const measurement: Measurement = {
  id: '1',
  name: 'rate',
  title: 'Rates',
  method: 'As measured.',
  sides: ['ours', 'bare', 'other'],
  base: 'bare',
  figures: [
    { key: 'rate', label: 'accepts', unit: '/s', better: 'more', goal: { of: 'ratio', first: 0.8, second: 1 } },
    { key: 'size', label: 'size', unit: 'B', better: 'less', goal: { of: 'value', first: 100 } },
  ],
  run: async () => ({}),
}

test('a table shows medians with their spread, ratios to the base and how far the goal is reached', () => {
  const bySide = new Map([
    ['ours', [{ rate: 900, size: 120 }, { rate: 1000 }, { rate: 800, size: 110 }]],
    ['bare', [{ rate: 1000 }, { rate: 1000 }, { rate: 1000 }]],
  ])
  const skipped = new Map([['other', 'not installed']])
  expect(rowSection({ measurement, bySide, skipped })).toBe(`### 1. Rates

As measured.

|  |  | median (least to most) | : bare | goal |
| --- | --- | ---: | ---: | ---: |
| accepts, /s | ours | 900 (800 to 1,000) | 0.90 (0.80 to 1) | ≥ 0.8, then ≥ 1: first step reached |
|  | bare | 1,000 (1,000 to 1,000) |  |  |
| size, B | ours | 115 (110 to 120) |  | ≤ 100: not reached |

Not measured: other (not installed).
`)
})

test('numbers keep their significant digits', () => {
  expect([12_345.6, 123.4, 12.34, 1.234, 0.5, 7].map(shortNumber)).toEqual([
    '12,346',
    '123',
    '12.3',
    '1.23',
    '0.50',
    '7',
  ])
})
