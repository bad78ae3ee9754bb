import type { FieldError } from '@encounter-gateway/shared/contract/problem.ts'
import type { NewWebhookEndpoint, WebhookEndpointChange } from '@encounter-gateway/shared/contract/webhook-endpoint.ts'
import type { WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import {
  addressIn,
  isPublicAddress,
  openAllowedHosts,
  type AddressRules,
} from '@encounter-gateway/shared/webhooks/public-address.ts'
import { splitCredentials } from '@encounter-gateway/shared/config/url-credentials.ts'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { headerMistake, isHidden } from './own-headers.ts'

/** What of an endpoint its owner sets, apart from its secrets and whether it is enabled. */
export type EndpointSettings = Omit<WebhookEndpoint, 'endpointId' | 'createdAt' | 'secrets' | 'createdBy'>

/** What the settings are checked against. */
export type SettingsRules = AddressRules & {
  /** Names of the connections that the application may use, such as `Sandbox.default`. */
  usable: readonly string[]
}

/** Settings, or all mistakes in them. `notes`: what was understood otherwise than written. */
export type ReadSettings = { settings: EndpointSettings; notes: string[] } | { mistakes: FieldError[] }

const NOTHING: EndpointSettings = { url: '', body: 'thin', headers: {} }

/** The settings of a new endpoint. The body may be anything: what the schema refuses is not looked at. */
export function readSettings(body: Partial<NewWebhookEndpoint>, rules: SettingsRules): ReadSettings {
  return changeSettings(NOTHING, body, rules)
}

/**
 * Applies a merge patch to settings. Stored credentials do not move with an endpoint to another host, unless they are
 * given anew: who has only the application's key must not get them by a new `Url`.
 */
export function changeSettings(
  before: EndpointSettings,
  patch: Partial<WebhookEndpointChange>,
  rules: SettingsRules,
): ReadSettings {
  const mistakes: FieldError[] = []
  const notes: string[] = []
  const refuse = (Pointer: string, Message: string) => mistakes.push({ Pointer, Message })
  const pick = <Value>(given: Value | null | undefined, kept: Value | undefined) =>
    given === undefined ? kept : (given ?? undefined)

  const headers = mergeHeaders(before.headers, patch.Headers, refuse)
  let { url } = before
  if (typeof patch.Url === 'string') {
    const read = readUrl(patch.Url, rules)
    if ('mistake' in read) refuse('/Url', read.mistake)
    else {
      url = read.url
      if (read.authorization !== undefined) {
        if (namesAuthorization(patch.Headers)) refuse('/Headers/Authorization', 'must be absent: Url has credentials')
        for (const name of Object.keys(headers)) if (name.toLowerCase() === 'authorization') delete headers[name]
        headers['Authorization'] = read.authorization
        notes.push('The credentials in Url are sent as a Basic Authorization header; Url is kept without them.')
      }
      if (before.url !== '' && hostOf(before.url) !== hostOf(url)) {
        const kept = Object.keys(before.headers).filter(
          (name) => isHidden(name) && headers[name] === before.headers[name],
        )
        if (kept.length > 0)
          refuse('/Url', `leads to another host: give ${kept.join(', ')} anew in Headers, or remove it with null`)
        if (before.clientCertificate && patch.ClientCertificate === undefined)
          refuse('/Url', 'leads to another host: give ClientCertificate anew, or remove it with null')
      }
    }
  }
  const body = pick(patch.Body, before.body) ?? 'thin'
  const isPlain = url.startsWith('http:')
  if (body === 'full' && isPlain) refuse('/Body', 'must be thin for http: a full message has patient data')

  const connections = pick(patch.Connections, before.connections)
  if (Array.isArray(patch.Connections)) {
    for (const [index, name] of patch.Connections.entries()) {
      if (typeof name === 'string' && !rules.usable.includes(name))
        refuse(`/Connections/${index}`, `must be one of ${rules.usable.join(', ')}`)
    }
  }
  const clientCertificate = patch.ClientCertificate
    ? readCertificate(patch.ClientCertificate, refuse)
    : pick(patch.ClientCertificate as undefined, before.clientCertificate)
  if (clientCertificate && isPlain) refuse('/ClientCertificate', 'requires https')

  if (mistakes.length > 0) return { mistakes }
  const description = pick(patch.Description, before.description)
  const eventTypes = pick(patch.EventTypes, before.eventTypes)
  const requestsPerSecond = pick(patch.RequestsPerSecond, before.requestsPerSecond)
  return {
    settings: {
      url,
      body,
      headers,
      ...(description !== undefined && { description }),
      ...(eventTypes && { eventTypes }),
      ...(connections && { connections }),
      ...(clientCertificate && { clientCertificate }),
      ...(requestsPerSecond !== undefined && { requestsPerSecond }),
    },
    notes,
  }
}

function readUrl(text: string, rules: AddressRules): { url: string; authorization?: string } | { mistake: string } {
  let read
  try {
    read = splitCredentials(text)
  } catch {
    return { mistake: 'must be a URL, such as https://hooks.example.org/encounters' }
  }
  const { protocol, hostname, port, hash } = new URL(read.url)
  if (protocol !== 'https:' && protocol !== 'http:') return { mistake: 'must be https' }
  if (protocol === 'http:' && !rules.allowHttp) return { mistake: 'must be https: this gateway does not allow http' }
  if (hash !== '' || text.includes('#')) return { mistake: 'must have no fragment (#...): it is never sent' }
  const address = addressIn(hostname)
  const isAllowed = openAllowedHosts(rules)(hostname, port || (protocol === 'https:' ? '443' : '80'))
  if (address !== undefined && !isAllowed && !isPublicAddress(address))
    return { mistake: 'must be a public address, or a host that the gateway allows (webhooks.allowHosts)' }
  return read
}

type Refuse = (pointer: string, message: string) => void

function mergeHeaders(
  before: Readonly<Record<string, string>>,
  patch: Record<string, string | null> | null | undefined,
  refuse: Refuse,
): Record<string, string> {
  if (patch === null || typeof patch !== 'object') return patch === null ? {} : { ...before }
  const merged = new Map(Object.entries(before).map(([name, value]) => [name.toLowerCase(), [name, value] as const]))
  const named = new Set<string>()
  for (const [name, value] of Object.entries(patch)) {
    const lower = name.toLowerCase()
    const at = `/Headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (named.has(lower)) refuse(at, 'is there twice, in different letter case')
    named.add(lower)
    if (value === null) {
      merged.delete(lower)
      continue
    }
    const mistake = headerMistake(name, value)
    if (mistake) refuse(at, mistake)
    merged.set(lower, [name, value])
  }
  if (merged.size > 20) refuse('/Headers', 'must not have more than 20 properties')
  return Object.fromEntries(merged.values())
}

function namesAuthorization(headers: Record<string, string | null> | null | undefined): boolean {
  return Object.entries(headers ?? {}).some(([name, value]) => name.toLowerCase() === 'authorization' && value !== null)
}

function readCertificate(
  { Certificate, Key }: { Certificate: string; Key: string },
  refuse: Refuse,
): { certificate: string; key: string } | undefined {
  let certificate
  let key
  try {
    certificate = new X509Certificate(Certificate)
  } catch {
    refuse('/ClientCertificate/Certificate', 'must be a certificate in PEM')
  }
  try {
    key = createPrivateKey(Key)
  } catch {
    refuse('/ClientCertificate/Key', 'must be a private key in PEM that is not encrypted')
  }
  if (!certificate || !key) return undefined
  if (!certificate.checkPrivateKey(key)) refuse('/ClientCertificate/Key', 'must be the key of the certificate')
  if (Date.parse(certificate.validTo) <= Date.now()) refuse('/ClientCertificate/Certificate', 'must not have expired')
  return { certificate: Certificate, key: Key }
}

function hostOf(url: string): string {
  return new URL(url).host
}
