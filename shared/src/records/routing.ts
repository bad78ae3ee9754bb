import type { TerminalStatus } from '../contract/job.ts'

/** The batch of an item, and its index in it. */
export type BatchItemRef = { BatchId: string; ItemIndex: number }

/** The data of a job in BullMQ: only routing, nothing confidential. */
export type Routing = { application: string } & Partial<BatchItemRef>

/** A job with its routing, and when it was accepted, in ms since the epoch. */
export type RoutedJob = { jobId: string; routing: Routing; createdAt: number }

/** The batch and index of a job, if it is a batch item. */
export function itemOf({ BatchId, ItemIndex }: Partial<BatchItemRef>): BatchItemRef | undefined {
  return BatchId !== undefined && ItemIndex !== undefined ? { BatchId, ItemIndex } : undefined
}

/**
 * The states of a batch's items are stored as a string with one letter per item, and counted by letter: `q` waits for
 * its turn, `t` taken (BullMQ has its job), `r` rejected, and the letters of the outcomes.
 */
export const itemLetters: Record<TerminalStatus, ItemLetter> = {
  Succeeded: 's',
  Failed: 'f',
  OutcomeUnknown: 'u',
  Cancelled: 'c',
  Expired: 'x',
}
export type ItemLetter = 'q' | 't' | 'r' | 's' | 'f' | 'u' | 'c' | 'x'
