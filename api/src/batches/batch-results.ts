import type { BatchItem } from '@encounter-gateway/shared/contract/batch.ts'
import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { problem } from '@encounter-gateway/shared/contract/problem.ts'
import type { FoundBatch } from '../jobs/own-batch.ts'

const ITEMS_AT_ONCE = 200

/** Streams the results of a batch as NDJSON, in the order of its items; a few hundred are in memory at a time. */
export async function* batchResults(found: FoundBatch): AsyncGenerator<string> {
  const { batches } = found.connection.records
  for (let first = 0; ; first += ITEMS_AT_ONCE) {
    const states = await batches.states(found.batch.batchId, first, ITEMS_AT_ONCE)
    if (states.length > 0) {
      const items = await readItems(found, first, states)
      yield items.map((item) => `${JSON.stringify(item)}\n`).join('')
    }
    if (states.length < ITEMS_AT_ONCE) return
  }
}

async function readItems(
  { connection, batch }: FoundBatch,
  first: number,
  states: readonly string[],
): Promise<BatchItem[]> {
  const { jobs, batches } = connection.records
  const rejected = states.flatMap((state, offset) => (state === 'r' ? [first + offset] : []))
  const [rejections, jobIds] = await Promise.all([
    batches.rejections(batch, rejected),
    batches.jobIdsOf(
      batch,
      states.map((_, offset) => first + offset),
    ),
  ])
  const reasons = new Map(rejected.map((index, at) => [index, rejections[at]]))
  return Promise.all(
    states.map(async (state, offset): Promise<BatchItem> => {
      const ItemIndex = first + offset
      if (state === 'r') {
        const told = reasons.get(ItemIndex) ?? { ItemIndex, Problem: reasonNotKept() }
        return { ...told, Status: 'Rejected', StatusCode: told.Problem.status }
      }
      const JobId = jobIds[offset] as string
      // a waiting item needs no look-up, and most items of a large batch are waiting
      if (state === 'q') return { ItemIndex, JobId, Status: 'Queued' }
      const view = await jobs.view(JobId)
      return view ? itemOf(ItemIndex, view.job) : { ItemIndex, JobId, Status: statusOf[state] ?? 'Running' }
    }),
  )
}

function itemOf(
  ItemIndex: number,
  { JobId, Status, StatusCode, EncounterId, AlternativeIdentifiers, Recovered, NotCarried, Problem }: Job,
): BatchItem {
  return {
    ItemIndex,
    JobId,
    Status,
    ...(StatusCode !== undefined && { StatusCode }),
    ...(EncounterId && { EncounterId }),
    ...(AlternativeIdentifiers && { AlternativeIdentifiers }),
    ...(Recovered && { Recovered }),
    ...(NotCarried && { NotCarried }),
    ...(Problem && { Problem }),
  }
}

/** The status of an item whose result has been deleted, by the letter that the batch keeps. */
const statusOf: Record<string, BatchItem['Status']> = {
  s: 'Succeeded',
  f: 'Failed',
  u: 'OutcomeUnknown',
  c: 'Cancelled',
  x: 'Expired',
}

function reasonNotKept() {
  return problem(
    'invalid-request',
    'The reason is kept for the first rejected items of a batch only; this item came after them.',
  )
}
