import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeFairShares } from './fair-shares.ts'
import { runScenario } from './scenario.ts'

test('a tiny run gives a time for each arrival, a page and a chart', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-fair-shares-test-'))
  try {
    const items = { A: 1_500, B: 10, C: 40 }
    const options = { items, rounds: 1, concurrency: 2, latencyMs: 20, pauseMs: 100 }
    const result = await runScenario(folder, options, () => undefined)
    expect(result.arrivals.map(({ application, alone, took }) => [application, alone.length, took.length])).toEqual([
      ['B', 1, 1],
      ['C', 1, 1],
      ['B', 1, 1],
    ])
    expect(result.whileC.C).toBe(items.C)
    await writeFairShares([folder], result, { machine: 'this one', commit: '', when: '2026-01-01' })
    expect(readFileSync(join(folder, 'benchmarks-fair-shares.md'), 'utf8')).toContain('| B, 10 items, share 1 | A |')
    expect(readFileSync(join(folder, 'bench-fair-shares.svg'), 'utf8')).toMatch(/^<svg/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
