import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler'
import type { IncomingHttpHeaders } from 'node:http'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { Agent, type Dispatcher } from 'undici'
import type { EmrCall, EmrCredentials } from '../emr.ts'
import { refused, unreadable, type EmrError } from '../emr-error.ts'
import { aborted, failed } from './fault.ts'
import { tolerantConnector } from './tolerant-connector.ts'

/** Where an EMR's HTTP interface begins. No query and no credentials: those have options of their own. */
export const BaseUrl = Type.String({
  pattern: '^https?://([\\w.-]+|\\[[0-9a-fA-F:.]+\\])(:[0-9]{1,5})?(/[^\\s?#]*)?$',
  description: "The http or https address below which the EMR's paths begin",
})

/** One request to an EMR. */
export type HttpRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: URL
  headers?: Record<string, string>
  body?: string | Buffer
  /**
   * Whether the EMR may have created something once it has seen this; only then can a fault leave the outcome unknown.
   */
  writes: boolean
  /** Maximum bytes of the answer's body, 1 MiB by default. */
  maxAnswerBytes?: number
}

/** What the EMR answered, whatever its status: a refusal is an answer too. */
export type HttpAnswer = {
  status: number
  /** Names in lower case. */
  headers: IncomingHttpHeaders
  body: Buffer
  /** The EMR's `Retry-After`, in milliseconds from now. */
  retryAfterMs: number | undefined
  /** As in the request: an unreadable answer then leaves the outcome unknown. */
  writes: boolean
}

/** For how long an EMR is remembered that ends its connections: it may just have been restarted. */
const ENDS_FOR_MS = 600_000

/** A connection's sockets. */
export type Http = {
  /**
   * Sends one request and reads the whole answer, until `signal` aborts; redirects are not followed. Throws `EmrError`
   * only: 502 with a known outcome while nothing was sent, then 408 (no answer in time) or 502 (unreadable answer),
   * both with the outcome unknown if the request writes.
   */
  send(request: HttpRequest, call: Pick<EmrCall, 'signal' | 'isLate'>): Promise<HttpAnswer>
  /** Closes every socket; requests under way fail. */
  close(): Promise<void>
}

/** Opens nothing yet: sockets open with the first request and stay (keep-alive), at most `connections` per origin. */
export function openHttp(options: { connections: number; connectTimeoutMs?: number }): Http {
  // the EMR ends its connections after an answer: until then each serves one request
  let endsUntil = 0
  const agent = new Agent({
    connections: options.connections,
    // Over HTTP/2 one broken socket would leave the outcome of many requests unknown.
    connect: tolerantConnector(options.connectTimeoutMs ?? 5_000, () => (endsUntil = performance.now() + ENDS_FOR_MS)),
    // The call's signal bounds the whole exchange; undici's own limits restart with every byte, so a slow drip outlives
    // them.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  })
  return {
    send: (request, call) =>
      new Promise((resolve, reject) =>
        new Exchange(request, call, resolve, reject).run(agent, { reuse: performance.now() > endsUntil }),
      ),
    close: () => agent.destroy(),
  }
}

/**
 * One request under way. undici calls `onRequestStart` just before the first byte is written, the one sure sign of
 * whether the EMR can have seen anything: the same ECONNRESET comes from a TLS handshake and from a lost answer.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest
  readonly #signal: AbortSignal
  readonly #isLate: () => boolean
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (error: EmrError) => void
  readonly #chunks: Buffer[] = []
  readonly #onAbort = () => this.#stop(aborted(this.#signal, this.#progress))
  #controller: Dispatcher.DispatchController | undefined
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #bytes = 0

  constructor(
    request: HttpRequest,
    { signal, isLate = () => false }: Pick<EmrCall, 'signal' | 'isLate'>,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: EmrError) => void,
  ) {
    this.#request = request
    this.#signal = signal
    this.#isLate = isLate
    this.#resolve = resolve
    this.#reject = reject
  }

  get #progress() {
    return { sent: this.#controller !== undefined, writes: this.#request.writes }
  }

  get #maxAnswerBytes() {
    return this.#request.maxAnswerBytes ?? 1024 * 1024
  }

  run(agent: Agent, { reuse }: { reuse: boolean }): void {
    if (this.#signal.aborted) return this.#onAbort()
    this.#signal.addEventListener('abort', this.#onAbort)
    const { method, url, writes, body = null } = this.#request
    // an answer from a cache would deny an encounter that was made a moment ago (HAPI keeps searches for a minute)
    const headers = writes ? this.#request.headers : { 'cache-control': 'no-cache', ...this.#request.headers }
    try {
      agent.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method,
          // undici requests nothing, which permits any coding (RFC 9110, 12.5.3).
          headers: { 'accept-encoding': 'identity', ...headers },
          body,
          ...(!reuse && { reset: true }),
        },
        this,
      )
    } catch (error) {
      this.#stop(failed(error, this.#progress))
    }
  }

  #stop(error: EmrError): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#reject(error)
    this.#controller?.abort(error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It may have waited for a socket longer than its call lasted: then it is not sent at all.
    const late = this.#signal.aborted || this.#isLate()
    if (late) return controller.abort(new Error('aborted before it was sent'))
    this.#controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#maxAnswerBytes) return this.#stop(unreadable(this.#request.writes))
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const body = decoded(Buffer.concat(this.#chunks), this.#headers['content-encoding'], this.#maxAnswerBytes)
    if (!body) return this.#stop(unreadable(this.#request.writes))
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#resolve({
      status: this.#status,
      headers: this.#headers,
      body,
      retryAfterMs: retryAfterMs(this.#headers['retry-after'], Date.now()),
      writes: this.#request.writes,
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#stop(failed(error, this.#progress))
  }
}

const decoders = new Map([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
])

/** The body without its coding, which some servers apply although nobody accepts it; `undefined` if it has none of these. */
function decoded(body: Buffer, coding: string | undefined, maxOutputLength: number): Buffer | undefined {
  const name = coding?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity' || body.length === 0) return body
  try {
    return decoders.get(name)?.(body, { maxOutputLength })
  } catch {
    return undefined // Cut short, not of this coding, or larger than allowed.
  }
}

/** `Retry-After` is seconds or an HTTP date (RFC 9110, 10.2.3); anything else counts as absent, a past date as 0. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1000
  // Date.parse alone would accept nearly anything with a digit in it as a date.
  const at = /^[A-Z][a-z]+, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

const utf8 = new TextDecoder()

/** The answer's body as JSON. Throws `EmrError` 502 with a text of our own, since V8's quotes the input. */
export function jsonOf(answer: Pick<HttpAnswer, 'body' | 'writes'>): unknown {
  try {
    return JSON.parse(utf8.decode(answer.body))
  } catch {
    throw unreadable(answer.writes)
  }
}

/** The answer's body as JSON of the expected shape; throws like `jsonOf`. */
export function jsonAs<Shape extends TSchema>(
  answer: Pick<HttpAnswer, 'body' | 'writes'>,
  shape: Shape,
): Static<Shape> {
  const value = jsonOf(answer)
  if (!checkOf(shape).Check(value)) throw unreadable(answer.writes)
  return value
}

/**
 * Compiled validators of the connectors' few shapes, each made on first use. They stop at the first mistake, unlike the
 * check of requests, which lists them all.
 */
const checks = new WeakMap<TSchema, TypeCheck<TSchema>>()

function checkOf(shape: TSchema): TypeCheck<TSchema> {
  const known = checks.get(shape) ?? TypeCompiler.Compile(shape)
  checks.set(shape, known)
  return known
}

/** `path` below a `BaseUrl`, which may have a path of its own; each query value is encoded. */
export function urlBelow(baseUrl: string, path: string, query: Record<string, string> = {}): URL {
  const url = new URL(path, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url
}

/**
 * The user's credentials as an `Authorization` header: the token if there is one, else LoginId and Password; nothing
 * without them.
 */
export function authorizationOf(credentials: EmrCredentials): Record<string, string> {
  const { loginId, password = '', authorizationToken } = credentials
  if (authorizationToken !== undefined) {
    if (!/^[\x20-\x7e]+$/.test(authorizationToken))
      throw refused(401, { because: 'the AuthorizationToken cannot be sent in a header' })
    return { authorization: `Bearer ${authorizationToken}` }
  }
  if (loginId === undefined) return {}
  // RFC 7617, 2: the part before the first colon is the user
  if (loginId.includes(':'))
    throw refused(401, { because: 'the LoginId contains a colon, which Basic authentication does not allow' })
  return { authorization: `Basic ${Buffer.from(`${loginId}:${password}`).toString('base64')}` }
}
