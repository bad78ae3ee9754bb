import ipaddr from 'ipaddr.js'
import { lookup as lookUpInDns } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'

/** Where webhooks may go: `webhooks` of the configuration. */
export type AddressRules = {
  /** Also allow `http:` URLs. */
  allowHttp: boolean
  /**
   * Hosts that may have any address: a name or an address as in the URL, with or without `:port`; an IPv6 one with a
   * port in `[]`.
   */
  allowHosts: readonly string[]
}

/**
 * The endpoint lies where webhooks must not reach (SSRF); gives no further detail, since an attacker probes the network
 * with it.
 */
export class AddressNotAllowed extends Error {
  override name = 'AddressNotAllowed'
  readonly code = 'ADDRESS_NOT_ALLOWED'
}

const CONNECT_TIMEOUT_MS = 5_000
/** Azure's host agent answers here, on an address that looks like any other. */
const AZURE_WIRE_SERVER = '168.63.129.16'
/**
 * The only part of IPv6 allocated for use across the Internet (IANA): excludes what embeds an IPv4 address, such as
 * ::ffff:0:0/96 and 64:ff9b::/96.
 */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

/**
 * Whether an address is one of the public Internet: not private, loopback, link-local (where clouds keep their
 * metadata), shared (CGNAT), unique local, multicast, reserved, nor an IPv6 form that stands for an IPv4 address
 * (mapped, NAT64, 6to4, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  return parsed.kind() === 'ipv6' ? parsed.match(GLOBAL_UNICAST) : parsed.toString() !== AZURE_WIRE_SERVER
}

/**
 * A connector for undici that opens sockets to allowed addresses only. It checks the addresses that the socket then
 * opens, at each connect: a check of the name beforehand could get another answer a moment later (DNS rebinding). If a
 * name has several addresses, all must be allowed. Fails with `AddressNotAllowed`.
 */
export function guardedConnector(rules: AddressRules, lookup: LookupFunction = lookUpInDns): buildConnector.connector {
  const allowedHosts = new Set(rules.allowHosts.map(canonicalHost))
  const options = { timeout: CONNECT_TIMEOUT_MS, allowH2: false }
  const unguarded = buildConnector({ ...options, lookup })
  const guarded = buildConnector({ ...options, lookup: publicOnly(lookup) })

  return (target, callback) => {
    if (target.protocol !== 'https:' && !rules.allowHttp)
      return callback(new AddressNotAllowed('http is not allowed'), null)
    const port = target.port || (target.protocol === 'https:' ? '443' : '80')
    const host = canonicalHost(target.hostname)
    if (allowedHosts.has(host) || allowedHosts.has(`${host}:${port}`)) return unguarded(target, callback)
    // node:net looks nothing up for a host that is an address already
    const address = withoutBrackets(host)
    if (isIP(address) > 0 && !isPublicAddress(address))
      return callback(new AddressNotAllowed('address is not allowed'), null)
    guarded(target, callback)
  }
}

/** A lookup that fails if one of the addresses it found is not public. */
function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, options, (error, found, family) => {
      if (error) return callback(error, found, family)
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address)
      if (addresses.length > 0 && addresses.every(isPublicAddress)) return callback(null, found, family)
      callback(new AddressNotAllowed('address is not allowed'), found, family)
    })
}

/**
 * One spelling for each host: lower case, without the trailing dot, IPv6 shortened and in brackets, followed by any
 * port.
 */
function canonicalHost(text: string): string {
  const lower = text.toLowerCase()
  if (isIP(lower) === 6) return `[${ipaddr.parse(lower).toString()}]`
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*))(:\d+)?$/.exec(lower) ?? []
  if (bracketed !== undefined) return (isIP(bracketed) === 6 ? `[${ipaddr.parse(bracketed).toString()}]` : lower) + port
  return plain.replace(/\.$/, '') + port
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
