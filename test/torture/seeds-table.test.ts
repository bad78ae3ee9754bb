import { expect, test } from 'vitest'
import type { Finding } from './checker.ts'
import type { HistoryEvent } from './history.ts'
import type { TortureResult } from './run-torture.ts'
import { seedsTable, summarize } from './seeds-table.ts'

const history: HistoryEvent[] = [
  { ms: 1, what: 'creation', jobId: 'a', encounterId: 'e', createdAt: '' },
  { ms: 2, what: 'job', jobId: 'a', http: 200, status: 'Succeeded', recovered: true },
]
const run = (findings: Finding[], drainedAfterMs: number | undefined = 1_500): TortureResult => ({
  order: { encounters: 2, seed: 7, minutes: 1, drainMinutes: 1 },
  folder: '',
  history,
  findings,
  drainedAfterMs,
})

test('each finding stands in one column of the table', () => {
  const broken = ['accepted means durable', 'at most one encounter', 'told by webhook', 'no process ends by itself']
  const summary = summarize(run(broken.map((invariant) => ({ invariant, detail: '' }))))
  expect(summary).toMatchObject({ inEmr: 1, recovered: 1, lost: 1, twice: 1, untold: 1, others: 1 })
  const [head = '', rule = '', row = ''] = seedsTable([summary]).split('\n')
  expect(row).toMatch(/^\| 7 \| 2 \| 1 \| 1 \| 1 \| 1 \| 1 \| 1 \| 1\.5 s \|/)
  expect(new Set([head, rule, row].map((line) => line.split(' | ').length)).size).toBe(1)
})

test('a run that did not drain is reported as such', () => {
  const summary = { ...summarize(run([])), drainedAfterMs: undefined }
  expect(seedsTable([summary])).toContain('| NOT |')
})
