import { takeRandomBytes } from '@encounter-gateway/shared/sealing/random-bytes.ts'
import type { IncomingHttpHeaders } from 'node:http'

const wellFormed = /^[A-Za-z0-9._-]{1,64}$/

/**
 * The caller's `X-Request-Id` if it is safe in a header, to be sent back. It never goes into a log: it may be a record
 * number of a patient.
 */
export function callersRequestId({ headers }: { headers: IncomingHttpHeaders }): string | undefined {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && wellFormed.test(sent) ? sent : undefined
}

/** The header fields that identify a request in its reply: the caller's own id, and the one that the log has. */
export function requestIdFields(id: string, raw: { headers: IncomingHttpHeaders }): Record<string, string> {
  const sent = callersRequestId(raw)
  return sent === undefined ? { 'X-Request-Id': id } : { 'X-Request-Id': sent, 'Gateway-Request-Id': id }
}

/** A new id, of 20 characters. */
export function newRequestId(): string {
  return takeRandomBytes(15).toString('base64url')
}
