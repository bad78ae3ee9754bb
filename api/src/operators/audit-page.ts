import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { Audit, AuditRecord } from '@encounter-gateway/shared/records/audit.ts'
import { maySee, seesAll } from './rights.ts'

const READ_AT_ONCE = 500
/** Entries read for one page; a filter with few matches then returns a short page and a cursor. */
const READ_AT_MOST = 5_000

/** What a page of the audit log is narrowed to. */
export type AuditQuery = {
  Actor?: string
  Action?: string
  JobId?: string
  From?: string
  To?: string
  Cursor?: string
  Limit?: number
}

/** One page of the audit log, newest first: what an auditor may know of. `Cursor`: the id before which the next page ends. */
export async function readAudit(
  audit: Audit,
  operator: Operator,
  { Cursor, Limit = 100, ...query }: AuditQuery,
): Promise<{ Entries: AuditRecord[]; Cursor?: string }> {
  const Entries: AuditRecord[] = []
  // ids of entries are times in ms, followed by a number
  let before = Cursor ?? (query.To === undefined ? undefined : `${Date.parse(query.To) + 1}-0`)
  for (let read = 0; read < READ_AT_MOST; read += READ_AT_ONCE) {
    const some = await audit.page(before, READ_AT_ONCE)
    for (const entry of some) {
      before = entry.Id
      if (query.From !== undefined && entry.At < new Date(query.From).toISOString()) return { Entries }
      if (passes(entry, query) && isSeenBy(operator, entry)) Entries.push(entry)
      if (Entries.length === Limit) return { Entries, Cursor: before }
    }
    if (some.length < READ_AT_ONCE) return { Entries }
  }
  return { Entries, ...(before && { Cursor: before }) }
}

function passes(entry: AuditRecord, { Actor, Action, JobId }: AuditQuery): boolean {
  if (Actor !== undefined && entry.Actor !== Actor) return false
  if (Action !== undefined && entry.Action !== Action) return false
  return JobId === undefined || entry.JobId === JobId
}

/** Entries about no connection, such as sign-ins, are for auditors of all connections. */
function isSeenBy(operator: Operator, { EMRSystem, EmrInstance }: AuditRecord): boolean {
  if (EMRSystem === undefined || EmrInstance === undefined) return seesAll(operator)
  return maySee(operator, { emrSystem: EMRSystem, emrInstance: EmrInstance })
}
