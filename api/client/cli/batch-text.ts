import type { Batch, Job, Problem } from '../src/index.ts'
import { countText, numberOf } from './pace.ts'

/** How many of a batch's items have ended. */
export function endedItems({ Succeeded, Failed, OutcomeUnknown, Cancelled, Expired }: Batch): number {
  return Succeeded + Failed + OutcomeUnknown + Cancelled + Expired
}

/** Whether every item has ended well. */
export function isAllWell({ Items, Succeeded }: Batch): boolean {
  return Items === Succeeded
}

/** The counts of items without success: `10 failed, 2 in doubt`; empty if there are none. */
export function failuresText({ Failed, OutcomeUnknown, Cancelled, Expired, Rejected }: Batch): string {
  const counts = {
    failed: Failed,
    'in doubt': OutcomeUnknown,
    cancelled: Cancelled,
    expired: Expired,
    rejected: Rejected,
  }
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${countText(count)} ${name}`)
    .join(', ')
}

/** The outcomes of a batch's items: `99,990 succeeded, 10 failed`, and any other counts. */
export function outcomesText(batch: Batch): string {
  const succeeded = `${countText(batch.Succeeded)} succeeded`
  return [succeeded, failuresText(batch) || '0 failed'].join(', ')
}

/** A batch in one line. */
export function batchText(batch: Batch): string {
  const { BatchId, EMRSystem, EmrInstance, Status, Items } = batch
  return `batch ${BatchId} (${EMRSystem} ${EmrInstance}) ${Status}: ${numberOf(Items, 'item')}, ${outcomesText(batch)}`
}

/** A job in one line, with further lines for its problem. */
export function jobText(job: Job): string {
  const {
    JobId,
    EMRSystem,
    EmrInstance,
    Status,
    StatusCode,
    EncounterId,
    Problem,
    ParkedReason,
    Attempts,
    MaxAttempts,
  } = job
  const told = [
    `job ${JobId} (${EMRSystem} ${EmrInstance}) ${Status}`,
    StatusCode && `${StatusCode}`,
    EncounterId && `encounter ${EncounterId}`,
    `attempt ${Attempts} of ${MaxAttempts}`,
    ParkedReason,
  ]
  const line = told.filter(Boolean).join(', ')
  return Problem ? `${line}\n${problemText(Problem)}` : line
}

/** The text of a problem document, with one line per mistake. */
function problemText({ title, detail, Errors = [] }: Problem): string {
  const told = detail === `${title}.` ? detail : `${title}: ${detail}`
  return [told, ...Errors.map(({ Pointer, Message }) => `  ${Pointer} ${Message}`)].join('\n')
}
