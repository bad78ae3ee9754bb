import { takeRandomBytes } from '@encounter-gateway/shared/sealing/random-bytes.ts'
import type { IncomingHttpHeaders } from 'node:http'

const wellFormed = /^[A-Za-z0-9._-]{1,64}$/

/** The caller's `X-Request-Id` if it is safe in headers and logs, otherwise a new one of 20 characters. */
export function requestIdOf({ headers }: { headers: IncomingHttpHeaders }): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && wellFormed.test(sent) ? sent : newRequestId()
}

export function newRequestId(): string {
  return takeRandomBytes(15).toString('base64url')
}
