import type { Job, JobList, JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import { itemLetters, type ItemLetter } from '@encounter-gateway/shared/records/routing.ts'
import type { FoundBatch } from './own-batch.ts'

/** Items scanned for one page; a filter with few matches then returns a short page and a cursor. */
const SCANNED_AT_MOST = 100_000
const SCANNED_AT_ONCE = 10_000

/**
 * One page of a batch's jobs in the order of its items, from index `from` on. The cost is the same for 10 items and for
 * a million.
 */
export async function listBatchJobs(
  found: FoundBatch | undefined,
  { batchId, status, from, limit }: { batchId: string; status: JobStatus | undefined; from: number; limit: number },
): Promise<JobList> {
  if (!found) return { Jobs: [] }
  const { batch } = found
  const { jobs, batches } = found.connection.records
  const letters = lettersOf(status)
  const Jobs: Job[] = []
  for (let first = from; first < from + SCANNED_AT_MOST; first += SCANNED_AT_ONCE) {
    const states = await batches.states(batchId, first, SCANNED_AT_ONCE)
    const indexes = [...states.entries()].flatMap(([offset, state]) => (letters.has(state) ? [first + offset] : []))
    for (let at = 0; at < indexes.length; at += limit) {
      const group = indexes.slice(at, at + limit)
      const jobIds = await batches.jobIdsOf(batch, group)
      const views = await Promise.all(jobIds.map((jobId) => jobs.view(jobId)))
      for (const [offset, view] of views.entries()) {
        if (view && (!status || view.job.Status === status)) Jobs.push(view.job)
        if (Jobs.length === limit) return { Jobs, Cursor: itemCursorAfter(group[offset] ?? 0) }
      }
    }
    if (states.length < SCANNED_AT_ONCE) return { Jobs }
  }
  return { Jobs, Cursor: itemCursorAfter(from + SCANNED_AT_MOST - 1) }
}

function lettersOf(status: JobStatus | undefined): Set<ItemLetter> {
  if (!status) return new Set(['q', 't', ...Object.values(itemLetters)])
  if (status in itemLetters) return new Set([itemLetters[status as keyof typeof itemLetters]])
  // an item whose turn has come may still be queued
  return new Set(status === 'Queued' ? ['q', 't'] : ['t'])
}

/** The cursor for the items after `index`. */
function itemCursorAfter(index: number): string {
  return Buffer.from(`item.${index + 1}`).toString('base64url')
}

/** The index of the first item after a cursor; `undefined` if it is not a cursor of a batch. */
export function readItemCursor(cursor: string): number | undefined {
  const [, index] = /^item\.(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  return index === undefined ? undefined : Number(index)
}
