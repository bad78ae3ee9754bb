import { unreachable } from './gateway-error.ts'

/** Sends requests: the global `fetch` or a replacement. */
export type Fetch = (input: string | Request, init?: RequestInit) => Promise<Response>

/**
 * Sends a request once. `timeoutMs` limits the time until the answer begins or, if it is not a stream, until it is
 * complete. Throws a GatewayError without a status if there is no answer, and the reason of the signal if that is
 * aborted. `signal` is that of the caller, never that of the Request.
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

/** A request was given up because of its time limit. */
export class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT'
}
