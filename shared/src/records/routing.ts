import type { TerminalStatus } from '../contract/job.ts'

/** Where a batch item belongs. */
export type BatchItemRef = { BatchId: string; ItemIndex: number }

/** What a job carries through BullMQ: routing, nothing worth protecting. */
export type Routing = { application: string } & Partial<BatchItemRef>

/** The batch and the place in it, if the job came with one. */
export function itemOf({ BatchId, ItemIndex }: Partial<BatchItemRef>): BatchItemRef | undefined {
  return BatchId !== undefined && ItemIndex !== undefined ? { BatchId, ItemIndex } : undefined
}

/**
 * The states of a batch's items are a string with one letter for each, and its counts are kept by letter: `q` waits for its turn,
 * `t` taken (BullMQ has its job), `r` rejected, and the letters of the outcomes.
 */
export const itemLetters: Record<TerminalStatus, ItemLetter> = {
  Succeeded: 's',
  Failed: 'f',
  OutcomeUnknown: 'u',
  Cancelled: 'c',
  Expired: 'x',
}
export type ItemLetter = 'q' | 't' | 'r' | 's' | 'f' | 'u' | 'c' | 'x'
