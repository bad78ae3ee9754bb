import { ConfigError, EXIT_CONFIG, loadConfig } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { parseEmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import { createLogger } from '@encounter-gateway/shared/logger.ts'
import { EmrError, type EmrErrorCode } from './emr/emr-error.ts'
import { connectorOptions, openEmr } from './emr/registry.ts'

const EXIT_USAGE = 64

/** What to check when a connection does not work, by the code of the error. */
const advice: Record<EmrErrorCode, string> = {
  400: 'The EMR did not understand the request: compare the options of this connection with its page in docs/emr/.',
  401: 'The login was refused: check the client id, secret or key under "auth", and whether the account is still active.',
  403: 'The login works but lacks rights: request the scopes or rights named on its page in docs/emr/.',
  408: 'The EMR was reached but did not answer in time: try again, or raise timeoutMs.',
  500: "The EMR failed: see the EMR's log.",
  502: 'Check address, port, DNS, firewall and TLS certificate, and that an EMR of this kind listens there.',
}

/**
 * `npm run check-connection -- Cerner default`: tries to reach the EMR, log in and read, creates nothing, and reports
 * what is wrong. Exits with 0, 1 (does not work), 64 (usage) or 78 (configuration).
 */
async function main([emrSystem = '', emrInstance = 'default']: string[]): Promise<number> {
  const { connections } = loadConfig(process.env['GATEWAY_CONFIG'], process.env, connectorOptions)
  const asked = { emrSystem: parseEmrSystem(emrSystem) ?? emrSystem, emrInstance }
  const connection = connections.find((each) => nameOf(each) === nameOf(asked))
  if (!connection) {
    console.error('Usage: npm run check-connection -- EMRSystem [EmrInstance]')
    console.error(`Configured: ${connections.map((each) => `${each.emrSystem} ${each.emrInstance}`).join(', ')}`)
    return EXIT_USAGE
  }
  return tryOut(connection)
}

async function tryOut(connection: Connection): Promise<number> {
  const name = `${connection.emrSystem} ${connection.emrInstance} (${connection.connector})`
  const log = createLogger('check-connection', process.env['LOG_LEVEL'] ?? 'silent')
  const startedAt = performance.now()
  const emr = openEmr(connection)
  try {
    await emr.check({ signal: AbortSignal.timeout(connection.timeoutMs), log })
    console.log(`${name}: works, answered in ${Math.round(performance.now() - startedAt)} ms. Nothing was created.`)
    return 0
  } catch (error) {
    if (!(error instanceof EmrError)) throw error
    console.error(`${name}: does not work: ${error.message} (${error.code}).`)
    console.error(advice[error.code])
    return 1
  } finally {
    await emr.close()
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = EXIT_CONFIG
}
