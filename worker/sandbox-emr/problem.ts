import { STATUS_CODES } from 'node:http'

/** One objection to a request: where, and what is wrong there. Never quotes a value. */
export type Objection = { Pointer: string; Message: string }

/** The body of an answer without an encounter, as RFC 9457 has it. */
export function problem(status: number, objections: Objection[] = []) {
  const title = STATUS_CODES[status] ?? 'Problem'
  return { type: 'about:blank', title, status, ...(objections.length > 0 && { Errors: objections }) }
}
