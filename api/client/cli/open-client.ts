import { createClient, type Client, type GatewayError } from '../src/index.ts'
import { millisecondsIn } from './arguments.ts'
import { readCredentials, type Credentials } from './credentials.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { numberOf } from './pace.ts'
import { asClause, warn, type Terminal } from './terminal.ts'

const MINUTE_MS = 60_000

/** A client with the credentials of the environment or the file, and the patience of a program that nobody watches. */
export async function openClient(
  terminal: Terminal,
  options: { credentials?: string | undefined; patience?: string | undefined; instance?: string | undefined },
): Promise<Client> {
  return clientWith(await readCredentials(options.credentials, terminal.env), terminal, options)
}

/** The same with credentials that have been read. */
export function clientWith(
  credentials: Credentials,
  terminal: Terminal,
  options: { patience?: string | undefined; instance?: string | undefined },
): Client {
  const patienceMs = options.patience === undefined ? 15 * MINUTE_MS : millisecondsIn('patience', options.patience)
  if (goesInClear(credentials.Url))
    warn(terminal, 'warning: credentials and patients go over the network in clear (http)')
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
        const again = `again in ${Math.ceil(pauseMs / 1000)} s`
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

/** What a repeat of an upload means, which begins at the first line. */
function uploadText({ batch, idempotencyKey }: GatewayError): string[] {
  if (idempotencyKey === undefined) return []
  if (!batch) return ['the upload begins again at line 1']
  return [`the gateway has ${numberOf(batch.Items, 'item')}; the upload begins again at line 1 and passes over those`]
}

function goesInClear(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return url.protocol === 'http:' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
}
