import createApi from 'openapi-fetch'
import { readFile } from 'node:fs/promises'
import { unreachable } from '../../src/gateway-error.ts'
import type { paths } from '../../src/openapi.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

const TIMEOUT_MS = 60_000

/** The operator API, typed from the gateway's OpenAPI document. */
export type OperatorApi = ReturnType<typeof createApi<paths>>

/**
 * Opens the operator API with the token of an operator: from a file, or GATEWAY_OPERATOR_TOKEN. Nothing is sent twice by
 * itself: an operator looks first. Throws a CliError that names what is missing and quotes no value.
 */
export async function openOperatorApi({ env }: Terminal, tokenFile: string | undefined): Promise<OperatorApi> {
  const baseUrl = env['GATEWAY_URL']
  const token = tokenFile === undefined ? env['GATEWAY_OPERATOR_TOKEN'] : (await readFile(tokenFile, 'utf8')).trim()
  const missing = [!baseUrl && 'GATEWAY_URL', !token && 'GATEWAY_OPERATOR_TOKEN (or --token-file FILE)'].filter(Boolean)
  if (missing.length > 0) throw new CliError(exitCodes.configuration, `missing: ${missing.join(', ')}`)
  const url = URL.canParse(baseUrl ?? '') ? new URL(baseUrl ?? '') : undefined
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CliError(exitCodes.configuration, 'GATEWAY_URL must be an http or https URL')
  }
  return createApi<paths>({
    baseUrl: url.href.replace(/\/+$/, ''),
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
