import { readFile } from 'node:fs/promises'
import { createOperatorApi, type OperatorApi } from '../../src/index.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

/**
 * Opens the operator API with the token of an operator: from a file, or GATEWAY_OPERATOR_TOKEN. Throws a CliError that
 * names what is missing and quotes no value.
 */
export async function openOperatorApi({ env }: Terminal, tokenFile: string | undefined): Promise<OperatorApi> {
  const baseUrl = env['GATEWAY_URL'] ?? ''
  const named = tokenFile === undefined ? env['GATEWAY_OPERATOR_TOKEN'] : await readFile(tokenFile, 'utf8')
  const token = named?.trim() ?? ''
  const missing = [!baseUrl && 'GATEWAY_URL', !token && 'GATEWAY_OPERATOR_TOKEN (or --token-file FILE)'].filter(Boolean)
  if (missing.length > 0) throw new CliError(exitCodes.configuration, `missing: ${missing.join(', ')}`)
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol)) {
    throw new CliError(exitCodes.configuration, 'GATEWAY_URL must be an http or https URL')
  }
  return createOperatorApi({ baseUrl, token })
}
