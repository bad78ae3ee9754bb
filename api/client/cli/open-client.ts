import { createClient, type Client, type GatewayError } from '../src/index.ts'
import { millisecondsIn } from './arguments.ts'
import { readCredentials, type Credentials } from './credentials.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { numberOf } from './pace.ts'
import { asClause, warn, type Terminal } from './terminal.ts'

const MINUTE_MS = 60_000

/** Opens a client with the credentials of the environment or the file, and the patience of an unattended program. */
export async function openClient(
  terminal: Terminal,
  options: { credentials?: string | undefined; patience?: string | undefined; instance?: string | undefined },
): Promise<Client> {
  return clientWith(await readCredentials(options.credentials, terminal.env), terminal, options)
}

/** The same with given credentials. */
export function clientWith(
  credentials: Credentials,
  terminal: Terminal,
  options: { patience?: string | undefined; instance?: string | undefined },
): Client {
  const patienceMs = options.patience === undefined ? 15 * MINUTE_MS : millisecondsIn('patience', options.patience)
  if (goesInClear(credentials.Url)) warn(terminal, 'warning: credentials and patient data are sent unencrypted (http)')
  try {
    return createClient({
      baseUrl: credentials.Url,
      applicationName: credentials.ApplicationName,
      applicationKey: credentials.ApplicationKey,
      loginId: credentials.LoginId,
      password: credentials.Password,
      authorizationToken: credentials.AuthorizationToken,
      emrInstance: options.instance ?? credentials.EmrInstance,
      patienceMs,
      onPause: ({ error, pauseMs }) => {
        const again = `next try in ${Math.ceil(pauseMs / 1000)} s`
        terminal.remark([asClause(error.message), ...uploadText(error), again].join('; '))
      },
    })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CliError(
      exitCodes.configuration,
      error.message.replace(/^baseUrl\b/, 'GATEWAY_URL (Url in the credentials file)'),
    )
  }
}

/** The remark on a repeated upload, which restarts at the first line. */
function uploadText({ batch, idempotencyKey }: GatewayError): string[] {
  if (idempotencyKey === undefined) return []
  if (!batch) return ['the upload restarts at line 1']
  return [`the gateway has ${numberOf(batch.Items, 'item')}; the upload restarts at line 1 and skips those`]
}

function goesInClear(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return url.protocol === 'http:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
}
