import createApi from 'openapi-fetch'
import { unreachable } from './gateway-error.ts'
import type { paths } from './openapi.ts'

/** The gateway's API for an operator: `/api/v1/operator/...`, typed from its OpenAPI document. */
export type OperatorApi = ReturnType<typeof createApi<paths>>

const TIMEOUT_MS = 60_000

/**
 * Opens the API with the token of an operator, without connecting yet. Nothing is sent twice by itself: an operator looks
 * first. A call throws a GatewayError if the gateway cannot be reached; `contentOf` does so for a refusal.
 */
export function createOperatorApi({ baseUrl, token }: { baseUrl: string; token: string }): OperatorApi {
  return createApi<paths>({
    baseUrl: baseUrl.replace(/\/+$/, ''),
    headers: { Authorization: `Bearer ${token}` },
    // following a redirect would send the token to its target
    redirect: 'manual',
    fetch: reachable,
  })
}

async function reachable(request: Request): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) })
  } catch (cause) {
    if (request.signal.aborted) throw request.signal.reason
    throw unreachable(request.url, cause)
  }
}
