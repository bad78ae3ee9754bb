import ipaddr from 'ipaddr.js'
import { isIP } from 'node:net'

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

/** The hosts that may have any address, as a question about the host and port of a URL. */
export function openAllowedHosts({ allowHosts }: AddressRules): (hostname: string, port: string) => boolean {
  const allowed = new Set(allowHosts.map(canonicalHost))
  return (hostname, port) => {
    const host = canonicalHost(hostname)
    return allowed.has(host) || allowed.has(`${host}:${port}`)
  }
}

/** The address that a URL's host is, rather than a name; `undefined` for a name. */
export function addressIn(hostname: string): string | undefined {
  const host = canonicalHost(hostname).replace(/^\[(.*)\]$/, '$1')
  return isIP(host) > 0 ? host : undefined
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
