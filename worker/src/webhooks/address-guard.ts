import {
  addressIn,
  isPublicAddress,
  openAllowedHosts,
  type AddressRules,
} from '@encounter-gateway/shared/webhooks/public-address.ts'
import { lookup as lookUpInDns } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { buildConnector } from 'undici'

/**
 * The endpoint lies where webhooks must not reach (SSRF); gives no further detail, since an attacker probes the network
 * with it.
 */
export class AddressNotAllowed extends Error {
  override name = 'AddressNotAllowed'
  readonly code = 'ADDRESS_NOT_ALLOWED'
}

const CONNECT_TIMEOUT_MS = 5_000

/** The certificate that the gateway shows to an endpoint, and its key, in PEM. */
export type ClientCertificate = { certificate: string; key: string }

/**
 * A connector for undici that opens sockets to allowed addresses only. It checks the addresses that the socket then
 * opens, at each connect: a check of the name beforehand could get another answer a moment later (DNS rebinding). If a
 * name has several addresses, all must be allowed. `identity` is shown to the endpoint. Fails with `AddressNotAllowed`.
 */
export function guardedConnector(
  rules: AddressRules,
  identity?: ClientCertificate,
  lookup: LookupFunction = lookUpInDns,
): buildConnector.connector {
  const isAllowed = openAllowedHosts(rules)
  const shown = identity && { cert: identity.certificate, key: identity.key }
  const options = { timeout: CONNECT_TIMEOUT_MS, allowH2: false, ...shown }
  const unguarded = buildConnector({ ...options, lookup })
  const guarded = buildConnector({ ...options, lookup: publicOnly(lookup) })

  return (target, callback) => {
    if (target.protocol !== 'https:' && !rules.allowHttp)
      return callback(new AddressNotAllowed('http is not allowed'), null)
    const port = target.port || (target.protocol === 'https:' ? '443' : '80')
    if (isAllowed(target.hostname, port)) return unguarded(target, callback)
    // node:net looks nothing up for a host that is an address already
    const address = addressIn(target.hostname)
    if (address !== undefined && !isPublicAddress(address))
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
