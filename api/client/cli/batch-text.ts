import type { Batch, Job, Problem } from '../src/index.ts'
import { countText } from './pace.ts'

/** How many of a batch's items have ended. */
export function endedItems({ Succeeded, Failed, OutcomeUnknown, Cancelled, Expired }: Batch): number {
  return Succeeded + Failed + OutcomeUnknown + Cancelled + Expired
}

/** Whether every item has ended well. */
export function isAllWell({ Items, Succeeded }: Batch): boolean {
  return Items === Succeeded
}

/** How its items have ended: `99,990 succeeded, 10 failed`, and whatever else there is. */
export function outcomesText({ Succeeded, Failed, OutcomeUnknown, Cancelled, Expired, Rejected }: Batch): string {
  const rare = { 'in doubt': OutcomeUnknown, cancelled: Cancelled, expired: Expired, rejected: Rejected }
  const more = Object.entries(rare).filter(([, count]) => count > 0)
  return [['succeeded', Succeeded] as const, ['failed', Failed] as const, ...more]
    .map(([name, count]) => `${countText(count)} ${name}`)
    .join(', ')
}

/** A batch in a line. */
export function batchText(batch: Batch): string {
  const { BatchId, EMRSystem, EmrInstance, Status, Items } = batch
  return `batch ${BatchId} (${EMRSystem} ${EmrInstance}) ${Status}: ${countText(Items)} items, ${outcomesText(batch)}`
}

/** A job in a line, or a few. */
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

/** What a problem document says, each mistake on a line of its own. */
function problemText({ title, detail, Errors = [] }: Problem): string {
  const told = detail === `${title}.` ? detail : `${title}: ${detail}`
  return [told, ...Errors.map(({ Pointer, Message }) => `  ${Pointer} ${Message}`)].join('\n')
}
