import createApi, { type Client as Api } from 'openapi-fetch'
import { refusalOf } from './gateway-error.ts'
import type { paths } from './openapi.ts'
import type { OnPause } from './patience.ts'
import { identityHeaders, loginHeaders, type EmrLogin, type Identity } from './request-headers.ts'
import { RequestWithSignal, retryingFetch, type Sending } from './retrying-fetch.ts'
import { fetchForLong } from './fetch-for-long.ts'
import type { Fetch } from './try-once.ts'

const SECOND = 1000

/** The address of the gateway, the credentials, and how to send requests. */
export type ClientOptions = Identity &
  EmrLogin & {
    /** The URL of the gateway: `https://gateway.example.org`. */
    baseUrl: string
    /** How long to retry a request that may succeed later, in milliseconds. Default 2 minutes; 0: never. */
    patienceMs?: number
    /**
     * Time limit of one try, in milliseconds, plus the time for which the gateway was asked to wait. Default 30
     * seconds.
     */
    timeoutMs?: number
    /** Called before each pause between two tries. */
    onPause?: OnPause
    /** Sends the requests in place of the global `fetch`: to use a proxy, or to trust a certificate. */
    fetch?: Fetch
  }

/** The dependencies of every call of the client. */
export type Gateway = {
  /** Typed from the gateway's OpenAPI document; retries automatically. */
  api: Api<paths>
  /** Without a trailing slash. */
  baseUrl: string
  sending: Sending
  /** The application's credentials, for requests that do not use `api`. */
  identity: Record<string, string>
  /** The headers for the connection and the EMR login: those of the client, unless a call overrides them. */
  loginFor(options: EmrLogin): Record<string, string>
}

/** Throws a TypeError for an invalid option; no message quotes a credential. */
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
  // following a redirect would send the credentials to its target
  const api = createApi<paths>({
    baseUrl,
    headers: identity,
    redirect: 'manual',
    Request: RequestWithSignal,
    fetch: retryingFetch(sending),
  })
  return { api, baseUrl, sending, identity, loginFor: (more) => ({ ...login, ...loginHeaders(more) }) }
}

/** Returns the content of a successful answer; throws a GatewayError for any other. */
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
