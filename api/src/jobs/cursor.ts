import { JOB_ID_PATTERN } from '@encounter-gateway/shared/sealing/job-id.ts'

/** A place in an application's list of jobs: newest first, of the same millisecond by JobId from z to a. */
export type ListPlace = { acceptedMs: number; jobId: string }

const form = new RegExp(`^(\\d{1,15})\\.(${JOB_ID_PATTERN.slice(1, -1)})$`)

/** The cursor that leads to what comes after this place; it stays right while new jobs come in before it. */
export function cursorAfter({ acceptedMs, jobId }: ListPlace): string {
  return Buffer.from(`${acceptedMs}.${jobId}`).toString('base64url')
}

/** Undoes `cursorAfter`; `undefined` for anything else. */
export function readCursor(cursor: string): ListPlace | undefined {
  const [, acceptedMs, jobId] = form.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  return jobId ? { acceptedMs: Number(acceptedMs), jobId } : undefined
}

/** Orders places as the list has them. */
export function comparePlaces(a: ListPlace, b: ListPlace): number {
  if (a.acceptedMs !== b.acceptedMs) return b.acceptedMs - a.acceptedMs
  return a.jobId < b.jobId ? 1 : a.jobId > b.jobId ? -1 : 0
}
