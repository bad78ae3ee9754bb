import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'

/** Redis cannot be used; `message` is one sentence with the reason and the remedy. */
export class RedisUnusable extends Error {
  override name = 'RedisUnusable'
}

/** What a `REDIS_URL` names. */
export type RedisAddress = {
  kind: 'single' | 'sentinel' | 'cluster'
  /** One for a single server; sentinels, or nodes from which the cluster is discovered. */
  nodes: { host: string; port: number }[]
  login: { username?: string; password?: string }
  /** The database, 0 to 15 by default of Redis. */
  db: number
  /** Only for Sentinel: the name of the primary, and the login at the sentinels. */
  masterName: string
  sentinelLogin: { sentinelUsername?: string; sentinelPassword?: string }
  /** `undefined`: no TLS. */
  tls: ConnectionOptions | undefined
}

const FORMS = 'redis://, rediss://, redis+sentinel://, rediss+sentinel://, redis+cluster:// or rediss+cluster://'
const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 }
const PARAMETERS = new Set(['db', 'ca', 'cert', 'key', 'sentinelUsername', 'sentinelPassword'])

/**
 * Reads a `REDIS_URL`: `scheme://[[user]:password@]host[:port][,host[:port]...][/path][?parameters]`. User, password and
 * parameters are percent-decoded, an IPv6 address is in brackets. The path is the database, with Sentinel the name of
 * the primary. Parameters: `db`; `ca`, `cert` and `key`, files in PEM; `sentinelUsername` and `sentinelPassword`. Throws
 * `RedisUnusable`, whose message never quotes the URL, since it may contain a password.
 */
export function readRedisUrl(url: string): RedisAddress {
  const parts = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^/?]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(
    url,
  )
  if (!parts)
    throw refusal(`must begin with ${FORMS}, then [user:password@]host:port; percent-encode / ? # in a password`)
  const [, scheme, many = 'single', login = '', hosts = '', path = '', query = ''] = parts
  const kind = many as RedisAddress['kind']
  const parameters = new URLSearchParams(query)
  for (const [name] of parameters) {
    if (!PARAMETERS.has(name))
      throw refusal(`has the unknown parameter ${name}: known are ${[...PARAMETERS].join(', ')}`)
  }
  const nodes = hosts.split(',').map((host) => hostAndPort(host, PORTS[kind]))
  if (kind === 'single' && nodes.length > 1)
    throw refusal('names several servers: use redis+sentinel:// or redis+cluster://')
  const masterName = kind === 'sentinel' ? decoded(path) : ''
  if (kind === 'sentinel' && !masterName)
    throw refusal('lacks the name of the primary: redis+sentinel://host:port,host:port/name')
  const sentinelUsername = parameters.get('sentinelUsername')
  const sentinelPassword = parameters.get('sentinelPassword')
  if (kind !== 'sentinel' && (sentinelUsername ?? sentinelPassword) !== null) {
    throw refusal('has a login for sentinels, but is not of the form redis+sentinel://')
  }
  return {
    kind,
    nodes,
    login: readLogin(login),
    db: readDatabase(kind, path, parameters.get('db')),
    masterName,
    sentinelLogin: { ...(sentinelUsername && { sentinelUsername }), ...(sentinelPassword && { sentinelPassword }) },
    tls: readTls(scheme === 'rediss', parameters),
  }
}

function readLogin(text: string): RedisAddress['login'] {
  const colon = text.indexOf(':')
  const username = decoded(colon < 0 ? text : text.slice(0, colon))
  const password = colon < 0 ? '' : decoded(text.slice(colon + 1))
  if (username && !password) throw refusal('has a user without a password: user:password@host, or :password@host')
  return { ...(username && { username }), ...(password && { password }) }
}

function hostAndPort(text: string, usual: number): { host: string; port: number } {
  const [, ipv6, name, port = String(usual)] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = ipv6 ?? name
  if (!host || Number(port) < 1 || Number(port) > 65_535) {
    throw refusal('must name each server as host:port, with an IPv6 address in brackets: [::1]:6379')
  }
  return { host, port: Number(port) }
}

function readDatabase(kind: RedisAddress['kind'], path: string, parameter: string | null): number {
  const inPath = kind === 'sentinel' ? '' : path
  if (inPath && parameter !== null) throw refusal('names the database twice, in the path and as db')
  const text = inPath || (parameter ?? '0')
  if (!/^\d{1,4}$/.test(text)) throw refusal('must name the database as a number: /2 or ?db=2')
  if (kind === 'cluster' && Number(text) !== 0)
    throw refusal('names a database, but a Redis Cluster has only database 0')
  return Number(text)
}

function readTls(isTls: boolean, parameters: URLSearchParams): ConnectionOptions | undefined {
  const named = (['ca', 'cert', 'key'] as const).filter((name) => parameters.has(name))
  if (!isTls && named.length > 0)
    throw refusal('names certificates, but does not begin with rediss: nothing would be encrypted')
  const tls: ConnectionOptions = Object.fromEntries(
    named.map((name) => [name, readPem(name, parameters.get(name) ?? '')]),
  )
  if ((tls.cert === undefined) !== (tls.key === undefined)) throw refusal('must name cert and key together')
  return isTls ? tls : undefined
}

function readPem(name: string, path: string): string {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw refusal(`names the file ${path} as ${name}, which cannot be read`)
  }
  if (!text.includes('-----BEGIN ')) throw refusal(`names the file ${path} as ${name}, which is not in PEM`)
  return text
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refusal('has a % that begins no percent-encoded character: write %25')
  }
}

function refusal(what: string): RedisUnusable {
  return new RedisUnusable(`REDIS_URL ${what}.`)
}
