import { expect, test } from 'vitest'
import type { Batch, BatchItem } from '../src/index.ts'
import { reportPage } from './report.ts'

const batch: Batch = {
  BatchId: 'q3f0h2k7m9x1c8v5b6n4',
  EMRSystem: 'Sandbox',
  EmrInstance: 'north & south',
  Status: 'Finished',
  CreatedAt: '2026-01-01T00:00:00Z',
  UpdatedAt: '2026-01-01T00:01:00Z',
  Items: 4,
  Accepted: 4,
  Rejected: 0,
  Queued: 0,
  Running: 0,
  Succeeded: 3,
  Failed: 1,
  OutcomeUnknown: 0,
  Cancelled: 0,
  Expired: 0,
}
const reasons = [
  { Status: 'Failed' as const, StatusCode: 400, Reason: '<b>refused</b>', Count: 1, Lines: [3], ItemIndexes: [2] },
]
const page = async (items?: AsyncIterable<BatchItem>) =>
  (await Array.fromAsync(reportPage(batch, reasons, items))).join('')

async function* encounters(): AsyncGenerator<BatchItem> {
  yield { ItemIndex: 0, Line: 1, Status: 'Succeeded', EncounterId: 'SBX-000042' }
}

test('the page needs nothing from elsewhere, and what it shows is text', async () => {
  const text = await page()
  expect(text).not.toMatch(/<script|\b(?:src|href)=|url\(|@import/)
  expect(text).toContain('north &amp; south')
  expect(text).toContain('&lt;b&gt;refused&lt;/b&gt;')
  expect(text).toContain('line 3')
})

test('encounters are in it only if they were asked for', async () => {
  expect(await page()).not.toContain('Encounters</h2>')
  expect(await page(encounters())).toContain('SBX-000042')
})
