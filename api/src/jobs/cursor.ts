import type { ListPlace } from '@encounter-gateway/shared/records/job-list.ts'
import { JOB_ID_PATTERN } from '@encounter-gateway/shared/sealing/job-id.ts'

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
