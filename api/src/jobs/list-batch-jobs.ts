import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import type { Job, JobList, JobStatus } from '@encounter-gateway/shared/contract/job.ts'
import { itemLetters, type ItemLetter } from '@encounter-gateway/shared/records/routing.ts'
import { readJob, type JobShelves } from './own-job.ts'
import { findBatch } from './own-batch.ts'

/** Looked at for one page; a filter that lets little through then gives a short page and a cursor. */
const SCANNED_AT_MOST = 100_000
const SCANNED_AT_ONCE = 10_000

/** One page of a batch's jobs in the order of its items, from number `from` on. The same cost for a batch of ten as of a million. */
export async function listBatchJobs(
  shelves: JobShelves,
  application: Application,
  { batchId, status, from, limit }: { batchId: string; status: JobStatus | undefined; from: number; limit: number },
): Promise<JobList> {
  const found = await findBatch(shelves.connections, application, batchId)
  if (!found) return { Jobs: [] }
  const { connection, batch } = found
  const letters = lettersOf(status)
  const Jobs: Job[] = []
  for (let first = from; first < from + SCANNED_AT_MOST; first += SCANNED_AT_ONCE) {
    const states = await connection.batches.states(batchId, first, SCANNED_AT_ONCE)
    const indexes = [...states.entries()].flatMap(([offset, state]) => (letters.has(state) ? [first + offset] : []))
    for (let at = 0; at < indexes.length; at += limit) {
      const group = indexes.slice(at, at + limit)
      const jobIds = await connection.batches.jobIdsOf(batch, group)
      const views = await Promise.all(jobIds.map((jobId) => readJob(shelves, connection, jobId)))
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
  // a single item whose turn has come may be queued too
  return new Set(status === 'Queued' ? ['q', 't'] : ['t'])
}

/** The cursor that leads to the items behind number `index`. */
function itemCursorAfter(index: number): string {
  return Buffer.from(`item.${index + 1}`).toString('base64url')
}

/** The number of the first item behind a cursor; `undefined` if it is none of a batch's list. */
export function readItemCursor(cursor: string): number | undefined {
  const [, index] = /^item\.(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  return index === undefined ? undefined : Number(index)
}
