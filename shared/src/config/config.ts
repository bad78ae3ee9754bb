import { type TSchema, Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { nameOf } from '../contract/connection-name.ts'
import { tagOf } from '../sealing/job-id.ts'
import { describeErrors } from '../contract/validation-errors.ts'
import { sealingKey, type SealingKeys } from '../sealing/seal.ts'
import { splitCredentials } from './url-credentials.ts'
import { keyHashesOf } from './application-keys.ts'
import { coversConnection } from './connection-scope.ts'
import { ConfigFile, ConnectionSettings, type Application, type Operator } from './schema.ts'
import { isHashOfShortKey } from './short-key.ts'

/** A mistake in the configuration, by JSON Pointer into the file. */
export type ConfigMistake = { Pointer: string; Message: string }

/** The configuration is invalid; lists all its mistakes. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly mistakes: ConfigMistake[]

  constructor(path: string, mistakes: ConfigMistake[]) {
    super(
      [`The configuration ${path} cannot be used:`, ...mistakes.map((m) => `  ${m.Pointer || '/'}: ${m.Message}`)].join(
        '\n',
      ),
    )
    this.mistakes = mistakes
  }
}

/** The exit code for an invalid configuration: EX_CONFIG of sysexits. */
export const EXIT_CONFIG = 78

/** The configuration as used by the processes. */
export type Config = Omit<ConfigFile, 'sealingKeys'> & {
  sealingKeys: SealingKeys
  /** Twelve characters; the same in all processes that read the same configuration. */
  fingerprint: string
}

/** The schema of each connector's own options, in addition to the common connection settings. */
export type ConnectorOptions = Record<string, TSchema & { properties: Record<string, TSchema> }>

/** Compiles each schema once: a fleet's configuration has a hundred connections of the same connector. */
const check = new Ajv({ allErrors: true, useDefaults: true, strict: false })
const wholeConnections = new WeakMap<ConnectorOptions[string], TSchema>()

/**
 * Reads and validates the file. Values `env:NAME` and `file:PATH` (relative to the file) are replaced first.
 * The worker passes the option schemas of its connectors; the api does not know them and does not check these options.
 * Throws a `ConfigError` with all mistakes.
 */
export function loadConfig(
  path: string | undefined,
  environment: NodeJS.ProcessEnv,
  connectors?: ConnectorOptions,
): Config {
  if (!path)
    throw new ConfigError('(none)', [
      { Pointer: '', Message: 'set GATEWAY_CONFIG to the path of the configuration file' },
    ])
  const mistakes: ConfigMistake[] = []
  const resolved = replaceReferences(readJson(path), '', { folder: dirname(resolve(path)), environment, mistakes })
  // before the defaults: which of them are filled in depends on the process
  const content = JSON.stringify(resolved)
  if (!check.validate(ConfigFile, resolved)) mistakes.push(...describeErrors(check.errors ?? [], ConfigFile).Errors)
  const file = resolved as ConfigFile
  if (mistakes.length === 0) mistakes.push(...contradictions(file))
  if (connectors) mistakes.push(...connectorMistakes(resolved, connectors))
  if (mistakes.length > 0) throw new ConfigError(path, onePerPointer(mistakes))
  const [first, ...rest] = file.sealingKeys.map(({ id, key }) => sealingKey(id, Buffer.from(key, 'base64')))
  if (!first) throw new TypeError('the schema lets no configuration pass without a sealing key')
  const fingerprint = createHmac('sha256', first.derivationSecret).update(content).digest('hex').slice(0, 12)
  return { ...file, sealingKeys: [first, ...rest], fingerprint }
}

function readJson(path: string): unknown {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new ConfigError(path, [{ Pointer: '', Message: 'the file cannot be read; GATEWAY_CONFIG must name it' }])
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new ConfigError(path, [
      { Pointer: '', Message: 'the file is not JSON (comments and trailing commas are not JSON either)' },
    ])
  }
}

type Lookup = { folder: string; environment: NodeJS.ProcessEnv; mistakes: ConfigMistake[] }

function replaceReferences(value: unknown, pointer: string, lookup: Lookup): unknown {
  if (Array.isArray(value)) return value.map((item, index) => replaceReferences(item, `${pointer}/${index}`, lookup))
  if (value && typeof value === 'object') {
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      replaceReferences(item, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, lookup),
    ])
    return Object.fromEntries(entries)
  }
  if (typeof value !== 'string') return value
  const [, source, name = ''] = /^(env|file):(.+)$/.exec(value) ?? []
  if (source === 'env') {
    const found = lookup.environment[name]
    if (!found) lookup.mistakes.push({ Pointer: pointer, Message: `the environment variable ${name} is not set` })
    return found ?? value
  }
  if (source === 'file') {
    try {
      return readFileSync(resolve(lookup.folder, name), 'utf8').trim()
    } catch {
      lookup.mistakes.push({ Pointer: pointer, Message: `the file ${name} cannot be read` })
    }
  }
  return value
}

function contradictions(file: ConfigFile): ConfigMistake[] {
  const mistakes: ConfigMistake[] = []
  const refuse = (Pointer: string, Message: string) => mistakes.push({ Pointer, Message })
  const repeated = (list: string[], pointer: (index: number) => string, what: string) => {
    for (const [index, value] of list.entries()) {
      if (list.indexOf(value) < index)
        refuse(pointer(index), `duplicates the ${what} at ${pointer(list.indexOf(value))}`)
    }
  }
  repeated(
    file.applications.map((a) => a.name),
    (i) => `/applications/${i}/name`,
    'name',
  )
  repeated(
    file.operators.map((o) => o.name),
    (i) => `/operators/${i}/name`,
    'name',
  )
  repeated(
    file.operators.map((o, i) => o.tokenHash ?? `none ${i}`),
    (i) => `/operators/${i}/tokenHash`,
    'token',
  )
  repeated(
    file.sealingKeys.map((k) => k.id),
    (i) => `/sealingKeys/${i}/id`,
    'id',
  )
  repeated(file.connections.map(nameOf), (i) => `/connections/${i}/emrInstance`, 'EMR system and instance')
  const names = new Set(file.connections.map(nameOf))
  const refuseScopes = (scopes: readonly string[] | undefined, at: string) => {
    for (const [index, scope] of (scopes ?? []).entries()) {
      const known = scope === '*' || file.connections.some((each) => coversConnection(scope, each))
      if (!known) refuse(`${at}/connections/${index}`, 'names no configured connection')
    }
  }
  const refuseOperator = ({ passwordHash, tokenHash, connections }: Operator, at: string) => {
    if (!passwordHash && !tokenHash) refuse(at, 'must have passwordHash, tokenHash or both')
    if (tokenHash && isHashOfShortKey(tokenHash)) refuse(`${at}/tokenHash`, 'is the hash of a token that is too short')
    refuseScopes(connections, at)
  }
  const refuseApplication = (application: Application, at: string) => {
    const { keyHash, keyHashes, emrSystems, connections, webhook, waitOver, waitSeconds } = application
    if (!keyHash && !keyHashes) refuse(`${at}/keyHash`, 'is required, or keyHashes')
    if (keyHash && keyHashes) refuse(`${at}/keyHashes`, 'stands instead of keyHash: move that hash in here')
    if (!emrSystems && !connections) refuse(`${at}/emrSystems`, 'is required, or connections')
    if (waitOver === 'seed' && waitSeconds === 0)
      refuse(`${at}/waitSeconds`, 'must be at least 1 with waitOver "seed", or every request is cancelled at once')
    refuseScopes(connections, at)
    for (const [index, hash] of keyHashesOf(application).entries()) {
      const detail = 'is the hash of a key that is empty or very short: use a random key of at least 16 bytes'
      if (isHashOfShortKey(hash)) refuse(`${at}/${keyHash ? 'keyHash' : `keyHashes/${index}`}`, detail)
    }
    repeated(keyHashes ?? [], (index) => `${at}/keyHashes/${index}`, 'key')
    const secretBytes = Buffer.from(webhook?.secret.slice('whsec_'.length) ?? '', 'base64').length
    if (webhook && (secretBytes < 24 || secretBytes > 64)) {
      refuse(`${at}/webhook/secret`, 'must be whsec_ and the base64 of 24 to 64 bytes')
    }
    const urlMistake = webhook && webhookUrlMistake(webhook.url, file.webhooks)
    if (urlMistake) refuse(`${at}/webhook/url`, urlMistake)
  }
  if (names.size === file.connections.length) {
    repeated(
      file.connections.map(tagOf),
      (i) => `/connections/${i}/emrInstance`,
      'JobId tag, by chance (rename this instance),',
    )
  }
  for (const [index, operator] of file.operators.entries()) refuseOperator(operator, `/operators/${index}`)
  for (const [index, application] of file.applications.entries())
    refuseApplication(application, `/applications/${index}`)
  return mistakes
}

function webhookUrlMistake(url: string, { allowHttp }: ConfigFile['webhooks']): string | undefined {
  try {
    splitCredentials(url)
  } catch {
    return 'must be a URL; a character of its credentials that has a meaning in URLs is written as %XX'
  }
  return url.startsWith('http:') && !allowHttp ? 'must be https, unless /webhooks/allowHttp is true' : undefined
}

function connectorMistakes(resolved: unknown, connectors: ConnectorOptions): ConfigMistake[] {
  const { connections } = (resolved ?? {}) as { connections?: unknown }
  if (!Array.isArray(connections)) return []
  return connections.flatMap((connection: unknown, index) => {
    const at = `/connections/${index}`
    const { connector } = (connection ?? {}) as { connector?: unknown }
    const options =
      typeof connector === 'string' && Object.hasOwn(connectors, connector) ? connectors[connector] : undefined
    if (!options) {
      return [{ Pointer: `${at}/connector`, Message: `must be one of ${Object.keys(connectors).join(', ')}` }]
    }
    const schema = wholeConnection(options)
    if (check.validate(schema, connection)) return []
    return describeErrors(check.errors ?? [], schema).Errors.map((e) => ({
      Pointer: at + e.Pointer,
      Message: e.Message,
    }))
  })
}

/** The schema of a connection with its connector's options. */
function wholeConnection(options: ConnectorOptions[string]): TSchema {
  const known = wholeConnections.get(options)
  if (known) return known
  const properties = { ...ConnectionSettings.properties, ...options.properties }
  const whole = Type.Object(properties, { additionalProperties: false })
  wholeConnections.set(options, whole)
  return whole
}

function onePerPointer(mistakes: ConfigMistake[]): ConfigMistake[] {
  return [...new Map(mistakes.toReversed().map((mistake) => [mistake.Pointer, mistake])).values()].toReversed()
}
