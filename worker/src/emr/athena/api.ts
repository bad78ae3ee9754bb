import type { StaticDecode, TSchema } from '@sinclair/typebox'
import type { PreviewedMessage } from '@encounter-gateway/shared/contract/preview.ts'
import type { EmrCall, EmrCredentials } from '../emr.ts'
import { refused } from '../emr-error.ts'
import { authorizationOf, openHttp, urlBelow, type Http, type HttpAnswer, type HttpRequest } from '../http/exchange.ts'
import { openTokens, sendWithToken, type Tokens } from '../http/oauth2.ts'
import { read, saysNo } from './answers.ts'
import { refusal } from './refusal.ts'
import type { Settings } from './options.ts'

/** On whose behalf and for how long. */
export type Caller = { credentials?: EmrCredentials; call: EmrCall }

/** One write. `creates`: whether it can create an encounter, so that a lost answer leaves the outcome unknown. */
export type Write = { method: 'POST' | 'PUT'; path: string; form: Record<string, string>; creates: boolean }

/** A write as the EMR gets it. */
export function previewOf({ method, path, form }: Omit<Write, 'creates'>): PreviewedMessage {
  const Body = new URLSearchParams(form).toString()
  return { To: `${method} ${path}`, ContentType: 'application/x-www-form-urlencoded', Body }
}

/** athenaOne v1 of one practice: form bodies in, JSON out. Every method throws `EmrError`. */
export class AthenaApi {
  readonly #http: Http
  readonly #tokens: Tokens
  readonly #practice: string

  constructor({ baseUrl, practiceId, auth, connections }: Settings & { connections: number }) {
    this.#practice = urlBelow(baseUrl, `v1/${practiceId}/`).href
    this.#http = openHttp({ connections })
    this.#tokens = openTokens({ http: this.#http, auth })
  }

  async get<Shape extends TSchema>(path: string, query: Record<string, string>, shape: Shape, caller: Caller) {
    return read(
      await this.#send({ method: 'GET', url: urlBelow(this.#practice, path, query), writes: false }, caller),
      shape,
    )
  }

  /** A write whose answer only reports whether it was done. */
  async write({ method, path, form, creates: writes }: Write, caller: Caller): Promise<HttpAnswer> {
    const url = urlBelow(this.#practice, path)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return this.#send({ method, url, headers, body: new URLSearchParams(form).toString(), writes }, caller)
  }

  /** A write whose answer is needed. */
  async make<Shape extends TSchema>(write: Write, shape: Shape, caller: Caller): Promise<StaticDecode<Shape>> {
    return read(await this.write(write, caller), shape)
  }

  async #send(request: HttpRequest, { credentials, call }: Caller): Promise<HttpAnswer> {
    const asking = { ...request, headers: { accept: 'application/json', ...request.headers } }
    const own = credentials?.authorizationToken !== undefined ? authorizationOf(credentials) : undefined
    const answer = own
      ? await this.#http.send({ ...asking, headers: { ...asking.headers, ...own } }, call)
      : await sendWithToken({ http: this.#http, tokens: this.#tokens }, asking, call)
    if (answer.status !== 200) throw refusal(answer)
    if (request.method !== 'GET' && saysNo(answer)) throw refused(400)
    return answer
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}

/** An id as one segment of a path. Throws `EmrError` 400 for one that would lead elsewhere. */
export function segment(id: string, pointer: string): string {
  if (!id.isWellFormed() || /^\.{0,2}$/.test(id))
    throw refused(400, { because: 'this is not a valid identifier in the EMR', pointers: [pointer] })
  return encodeURIComponent(id)
}
