import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { EmrCall, EmrCredentials } from '../emr.ts'
import { unreadable, type EmrError } from '../emr-error.ts'
import { refusalOf } from './refusal.ts'
import {
  authorizationOf,
  jsonAs,
  openHttp,
  urlBelow,
  type Http,
  type HttpAnswer,
  type HttpRequest,
} from '../http/exchange.ts'
import { openTokens, sendWithToken, type Auth, type Tokens } from '../http/oauth2.ts'

const FHIR_JSON = 'application/fhir+json'
export const FORM = 'application/x-www-form-urlencoded'
/** Maximum number of pages read of a search; a question with more answers was put wrongly. */
const MOST_PAGES = 10

/** One request to a FHIR server, below its base URL. */
export type FhirRequest = Omit<HttpRequest, 'url'> & { path: string; query?: Record<string, string> | URLSearchParams }

/** The part of a Bundle that is read, whether it lists search results or the results of a transaction. */
export const Bundle = Type.Object({
  resourceType: Type.Literal('Bundle'),
  entry: Type.Optional(
    Type.Array(
      Type.Object({
        resource: Type.Optional(Type.Unknown()),
        response: Type.Optional(Type.Object({ status: Type.String(), location: Type.Optional(Type.String()) })),
      }),
    ),
  ),
  link: Type.Optional(Type.Array(Type.Object({ relation: Type.String(), url: Type.String() }))),
})

/** A connection's access to a FHIR server. */
export type FhirExchange = {
  /**
   * Sends one request as the order's user if it brought a token, else as the gateway; throws as `Http` and `Tokens` do.
   */
  send(request: FhirRequest, credentials: EmrCredentials, call: Pick<EmrCall, 'signal'>): Promise<HttpAnswer>
  /**
   * All resources of the wanted shape that a search finds, page by page. Throws `EmrError`, never with the outcome
   * unknown.
   */
  search<Shape extends TSchema>(
    request: Pick<FhirRequest, 'method' | 'path' | 'query' | 'body' | 'headers'>,
    shape: Shape,
    credentials: EmrCredentials,
    call: Pick<EmrCall, 'signal'>,
  ): Promise<Static<Shape>[]>
  close(): Promise<void>
}

/** Opens nothing yet. Throws `TypeError` for a base URL and `RangeError` for a private key that cannot be used. */
export function openFhir(about: {
  baseUrl: string
  connections: number
  auth: Auth | undefined
  /** What an answer other than 200 to a search means, if it differs for this EMR. */
  refusal?: (answer: HttpAnswer) => EmrError
}): FhirExchange {
  const refusal = about.refusal ?? refusalOf
  const http = openHttp({ connections: about.connections })
  const base = urlBelow(about.baseUrl, '').href
  const tokens = about.auth && openTokens({ http, auth: about.auth })

  function sendTo(
    url: URL,
    request: Omit<FhirRequest, 'path' | 'query'>,
    credentials: EmrCredentials,
    call: Pick<EmrCall, 'signal'>,
  ) {
    const type = request.body === undefined ? {} : { 'content-type': FHIR_JSON }
    const whole: HttpRequest = { ...request, url, headers: { accept: FHIR_JSON, ...type, ...request.headers } }
    return sendAs(whole, { http, tokens, token: credentials.authorizationToken }, call)
  }

  return {
    send: ({ path, query, ...request }, credentials, call) =>
      sendTo(urlOf(base, path, query), request, credentials, call),
    async search({ path, query, ...request }, shape, credentials, call) {
      const found: Static<typeof shape>[] = []
      let url: URL | undefined = urlOf(base, path, query)
      let asked: Omit<FhirRequest, 'path' | 'query'> = { ...request, writes: false }
      for (let page = 0; url; page++) {
        if (page === MOST_PAGES) throw unreadable(false)
        const answer = await sendTo(url, asked, credentials, call)
        if (answer.status !== 200) throw refusal(answer)
        const bundle = jsonAs(answer, Bundle)
        found.push(...(bundle.entry ?? []).map(({ resource }) => resource).filter((one) => Value.Check(shape, one)))
        url = nextPage(bundle, base)
        asked = { method: 'GET', writes: false }
      }
      return found
    },
    close: () => http.close(),
  }
}

function sendAs(
  request: HttpRequest,
  by: { http: Http; tokens: Tokens | undefined; token: string | undefined },
  call: Pick<EmrCall, 'signal'>,
): Promise<HttpAnswer> {
  if (by.token === undefined && by.tokens) return sendWithToken({ http: by.http, tokens: by.tokens }, request, call)
  const authorization = by.token === undefined ? {} : authorizationOf({ authorizationToken: by.token })
  return by.http.send({ ...request, headers: { ...request.headers, ...authorization } }, call)
}

function urlOf(base: string, path: string, query: FhirRequest['query']): URL {
  // The base URL itself has no trailing slash: not every server accepts a transaction at "/fhir/".
  const url = path === '' ? new URL(base.replace(/\/$/, '')) : urlBelow(base, path)
  if (query) url.search = new URLSearchParams(query).toString()
  return url
}

/** Only on the same server: a link that leads elsewhere would take the token along. */
function nextPage({ link }: Static<typeof Bundle>, base: string): URL | undefined {
  const next = link?.find(({ relation }) => relation === 'next')?.url
  const url = next === undefined ? null : URL.parse(next, base)
  return url?.origin === new URL(base).origin ? url : undefined
}

/** The id in a `Location`, or in an entry of a transaction's answer: `Encounter/1`, `https://emr/fhir/Encounter/1/_history/1`. */
export function idInLocation(type: string, location: string | string[] | undefined): string | undefined {
  return typeof location === 'string'
    ? new RegExp(`(?:^|/)${type}/([A-Za-z0-9.-]{1,64})(?:/_history/[^/]*)?$`).exec(location)?.[1]
    : undefined
}
