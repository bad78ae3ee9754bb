import { errors } from 'undici'
import { ShutdownError } from '../shutdown-error.ts'
import { unreachable, noAnswer, brokenOff, unreadable, EmrError } from '../emr-error.ts'

/** How far a request got: whether the EMR can have seen a byte of it, and whether seeing it can create anything. */
export type Progress = { sent: boolean; writes: boolean }

/** The error when the call's signal aborts, by time-out or because the gateway stops. */
export function aborted(signal: AbortSignal, { sent, writes }: Progress): EmrError {
  const reason: unknown = signal.reason
  const stopping = reason instanceof ShutdownError
  if (!sent) {
    const message = stopping ? 'the gateway stopped before it sent the request' : 'the EMR could not be reached in time'
    return unreachable(message)
  }
  const message = stopping ? 'the gateway stopped before the EMR answered' : 'the EMR did not answer in time'
  return noAnswer({ writes }, message)
}

/** The error for one from undici. Its own text is withheld: it may hold the host or a piece of the answer. */
export function failed(error: unknown, { sent, writes }: Progress): EmrError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'UND_ERR_INVALID_ARG') return new EmrError(500, 'the request to the EMR could not be written')
  if (!sent) return unreachable(whyUnreachable(code))
  // undici 8.12 reports the parser's error without its code.
  if (error instanceof errors.HTTPParserError || /^UND_ERR_(HEADERS_OVERFLOW|RES_)/.test(code))
    return unreadable(writes)
  return brokenOff({ writes }, 'the EMR closed the connection without an answer')
}

const reasons: [RegExp, string][] = [
  [/^ECONNREFUSED$/, 'it refuses connections'],
  [/^(ENOTFOUND|EAI_)/, 'its name cannot be resolved'],
  [/^E(HOST|NET)UNREACH$/, 'there is no route to it'],
  [/^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/, 'it does not take connections'],
  [/^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/, 'the TLS handshake failed'],
]

function whyUnreachable(code: string): string {
  const reason = reasons.find(([codes]) => codes.test(code))?.[1]
  return reason ? `the EMR could not be reached: ${reason}` : 'the EMR could not be reached'
}
