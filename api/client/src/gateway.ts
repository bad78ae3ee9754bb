import createApi, { type Client as Api } from 'openapi-fetch'
import { refusalOf } from './gateway-error.ts'
import type { paths } from './openapi.ts'
import type { OnPause } from './patience.ts'
import { identityHeaders, loginHeaders, type EmrLogin, type Identity } from './request-headers.ts'
import { RequestWithSignal, retryingFetch, type Sending } from './retrying-fetch.ts'
import { fetchForLong } from './fetch-for-long.ts'
import type { Fetch } from './try-once.ts'

const SECOND = 1000

/** How to reach the gateway, and as whom. */
export type ClientOptions = Identity &
  EmrLogin & {
    /** Where the gateway is: `https://gateway.example.org`. */
    baseUrl: string
    /** How long a request is tried again that may pass later, in milliseconds; 2 minutes if left out. 0: never. */
    patienceMs?: number
    /** How long one try may take, in milliseconds; 30 seconds if left out. Time that the gateway was asked to wait comes on top. */
    timeoutMs?: number
    /** Told before each pause before another try. */
    onPause?: OnPause
    /** What to send requests with instead of the global `fetch`: to go through a proxy, or to trust a certificate. */
    fetch?: Fetch
  }

/** What every call of the client stands on. */
export type Gateway = {
  /** Typed from the gateway's OpenAPI document; tries again by itself. */
  api: Api<paths>
  /** Without a slash at its end. */
  baseUrl: string
  sending: Sending
  /** Who calls, for requests that do not go through `api`. */
  identity: Record<string, string>
  /** Which connection and as whom: as the client was created, unless a call says otherwise. */
  loginFor(options: EmrLogin): Record<string, string>
}

/** Throws a TypeError if an option cannot be used; no message quotes a credential. */
export function openGateway(options: ClientOptions): Gateway {
  const baseUrl = usableUrl(options.baseUrl)
  const identity = identityHeaders(options)
  const login = loginHeaders(options)
  const sending = {
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    upload: options.fetch ?? fetchForLong,
    patienceMs: options.patienceMs ?? 120 * SECOND,
    timeoutMs: options.timeoutMs ?? 30 * SECOND,
    onPause: options.onPause,
  } satisfies Sending
  // a redirect would take the credentials along to wherever it points
  const api = createApi<paths>({
    baseUrl,
    headers: identity,
    redirect: 'manual',
    Request: RequestWithSignal,
    fetch: retryingFetch(sending),
  })
  return { api, baseUrl, sending, identity, loginFor: (more) => ({ ...login, ...loginHeaders(more) }) }
}

/** The content of a good answer; throws a GatewayError for any other. */
export function contentOf<Data>(result: { data?: Data; error?: unknown; response: Response }): Data {
  if (!result.response.ok) throw refusalOf(result.response, result.error)
  return result.data as Data
}

function usableUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) throw new TypeError('baseUrl must be an http or https URL')
  if (url.username || url.password) throw new TypeError('baseUrl must not hold credentials')
  if (url.search || url.hash) throw new TypeError('baseUrl must not have a query or a fragment')
  return url.href.replace(/\/+$/, '')
}
