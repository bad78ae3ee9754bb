import { needsLogin, parseEmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import { readFile, stat } from 'node:fs/promises'
import { CliError, exitCodes } from './exit-codes.ts'

/** The credentials: each name in a credentials file, with its environment variable. */
const names = {
  Url: 'GATEWAY_URL',
  ApplicationName: 'GATEWAY_APPLICATION_NAME',
  ApplicationKey: 'GATEWAY_APPLICATION_KEY',
  LoginId: 'GATEWAY_LOGIN_ID',
  Password: 'GATEWAY_PASSWORD',
  AuthorizationToken: 'GATEWAY_AUTHORIZATION_TOKEN',
  EmrInstance: 'GATEWAY_EMR_INSTANCE',
} as const
const required = ['Url', 'ApplicationName', 'ApplicationKey'] as const

type Name = keyof typeof names
export type Credentials = Partial<Record<Name, string>> & Record<(typeof required)[number], string>

/** The permission bits of others than owner and group; without meaning on Windows. */
const OTHERS = 0o007

/**
 * Reads the credentials from the file, if one is named, and the missing ones from the environment. Throws a CliError
 * that names every missing one, and for a file that every user of the machine can read. No message quotes a value.
 */
export async function readCredentials(file: string | undefined, env: NodeJS.ProcessEnv): Promise<Credentials> {
  const path = file ?? env['GATEWAY_CREDENTIALS']
  const found: Partial<Record<Name, string>> = path ? await readCredentialsFile(path) : {}
  for (const name of Object.keys(names) as Name[]) {
    const value = found[name] ?? env[names[name]]
    if (value) found[name] = value
  }
  const missing = required.filter((name) => !found[name])
  if (missing.length > 0) throw missingCredentials(missing)
  return found as Credentials
}

/**
 * Throws a CliError if this EMR requires LoginId and Password and neither the credentials nor the first encounter of a
 * file has them: every line would be rejected.
 */
export function requireLogin(emrSystem: string, credentials: Credentials, first: Record<string, unknown> = {}): void {
  const known = parseEmrSystem(emrSystem)
  if (!known || !needsLogin(known)) return
  const needed = (['LoginId', 'Password'] as const).filter((name) => !(credentials[name] ?? textOf(first[name])))
  if (needed.length > 0) throw missingCredentials(needed, `; required for ${known}`)
}

function missingCredentials(missing: readonly Name[], why = ''): CliError {
  const listed = missing.map((name) => `${names[name]} (or ${name} in the credentials file)`).join(', ')
  return new CliError(exitCodes.configuration, `missing: ${listed}${why}`)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

async function readCredentialsFile(path: string): Promise<Partial<Record<Name, string>>> {
  const wrong = (message: string) => new CliError(exitCodes.configuration, `the credentials file ${path} ${message}`)
  const { mode } = await stat(path).catch(() => {
    throw wrong('does not exist')
  })
  if (process.platform !== 'win32' && mode & OTHERS) {
    throw wrong('can be read by every user of this machine: chmod 600 it, and change the credentials')
  }
  const content = await readFile(path, 'utf8')
    .then(JSON.parse)
    .catch(() => undefined)
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw wrong('is not a JSON object')
  const unknown = Object.keys(content).filter((name) => !(name in names))
  if (unknown.length > 0) throw wrong(`may contain only ${Object.keys(names).join(', ')}`)
  const values: [string, unknown][] = Object.entries(content)
  if (values.some(([, value]) => typeof value !== 'string')) throw wrong('may contain only strings')
  return content as Partial<Record<Name, string>>
}
