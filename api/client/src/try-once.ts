import { unreachable } from './gateway-error.ts'

/** What sends requests: the global `fetch`, or what stands in for it. */
export type Fetch = (input: string | Request, init?: RequestInit) => Promise<Response>

/**
 * Sends a request once. `timeoutMs` is for the answer to begin, and of an answer that is not a stream, to be there whole. Throws
 * a GatewayError without a status if there is none, and the signal's reason once that is aborted. `signal` is the caller's own, never the
 * Request's.
 */
export async function tryOnce(
  fetch: Fetch,
  request: Request,
  about: { signal: AbortSignal | undefined; timeoutMs: number; streamed: boolean },
): Promise<Response> {
  const { signal } = about
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(new TimeoutError()), about.timeoutMs)
  try {
    const response = await fetch(request, { signal: AbortSignal.any([timeout.signal, ...(signal ? [signal] : [])]) })
    if (about.streamed && response.ok) return response
    const { status, statusText, headers } = response
    if (status === 0 || status === 204 || status === 304) return response
    return new Response(await response.arrayBuffer(), { status, statusText, headers })
  } catch (error) {
    signal?.throwIfAborted()
    throw unreachable(request.url, error)
  } finally {
    clearTimeout(timer)
  }
}

/** Why a request is given up that nobody has aborted. */
export class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT'
}
