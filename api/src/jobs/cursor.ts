import type { ListPlace } from '@encounter-gateway/shared/records/job-list.ts'
import { JOB_ID_PATTERN } from '@encounter-gateway/shared/sealing/job-id.ts'

const form = new RegExp(`^(\\d{1,15})\\.(${JOB_ID_PATTERN.slice(1, -1)})$`)

/** The cursor for the jobs after this place; it stays valid while newer jobs are accepted. */
export function cursorAfter({ atMs, jobId }: ListPlace): string {
  return Buffer.from(`${atMs}.${jobId}`).toString('base64url')
}

/** Parses a cursor of `cursorAfter`; `undefined` for any other text. */
export function readCursor(cursor: string): ListPlace | undefined {
  const [, atMs, jobId] = form.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  return jobId ? { atMs: Number(atMs), jobId } : undefined
}
