import { Type, type Static } from '@sinclair/typebox'
import { SignJWT } from 'jose'
import { createPrivateKey, randomUUID, type KeyObject } from 'node:crypto'
import type { EmrCall } from '../emr.ts'
import { refused, unreadable, notAgreed, EmrError } from '../emr-error.ts'
import { BaseUrl, jsonAs, type Http, type HttpAnswer, type HttpRequest } from './exchange.ts'
import { keep, type Read } from './kept.ts'

const SECOND = 1000
/** A token is not used within this time before its expiry, or in the second half of a very short life. */
const MARGIN_MS = 30 * SECOND
/** How long a token is kept if its answer has no `expires_in`. */
const UNTOLD_LIFE_MS = 300 * SECOND
/** SMART backend services: five minutes at most. */
const ASSERTION_LIFE_SECONDS = 240

/**
 * OAuth2 client credentials (RFC 6749, 4.4), as the option `auth` of a connection: by secret (HTTP Basic), or by a JWT that the
 * gateway signs (`private_key_jwt`, RFC 7523; SMART Backend Services).
 */
export const Auth = Type.Object(
  {
    tokenUrl: { ...BaseUrl, description: 'The full URL of the token endpoint' },
    clientId: Type.String({ minLength: 1, description: 'The client id of the gateway at the EMR' }),
    clientSecret: Type.Optional(Type.String({ minLength: 1, description: "The client's secret, sent by HTTP Basic" })),
    privateKey: Type.Optional(
      Type.String({ minLength: 1, description: 'Instead of the secret: RSA or P-384 key, PEM or JWK, to sign with' }),
    ),
    keyId: Type.Optional(Type.String({ description: "The kid of that key in the client's JWK set" })),
    alg: Type.Optional(
      Type.Union([Type.Literal('RS384'), Type.Literal('ES384')], {
        description: 'By default the algorithm that fits the key',
      }),
    ),
    scope: Type.Optional(Type.String({ description: 'Space separated, as the EMR grants them' })),
  },
  {
    additionalProperties: false,
    oneOf: [{ required: ['clientSecret'] }, { required: ['privateKey'] }],
    description: 'OAuth2 client credentials: clientId with either clientSecret or privateKey',
  },
)
export type Auth = Static<typeof Auth>

/** The access tokens of one connection: one at a time, kept while it is valid, shared by all calls. */
export type Tokens = {
  /**
   * An access token, to be sent as `Authorization: Bearer ...`. `fresh` requests a new one even if the old one should
   * still be valid. Throws `EmrError` only, and always with a known outcome, since nothing has been sent to the EMR
   * yet: 401 if the client is refused, 502 if the token endpoint is unreachable or its answer makes no sense.
   */
  bearer(call: Pick<EmrCall, 'signal'>, about?: { fresh?: boolean }): Promise<string>
}

const Granted = Type.Object({
  access_token: Type.String({ pattern: '^[\\x21-\\x7e]{1,8192}$' }),
  expires_in: Type.Optional(Type.Number({ minimum: 0 })),
})

/**
 * Requests nothing yet. Throws `RangeError` for a private key that cannot be used, so that the worker does not start
 * with it.
 */
export function openTokens({ http, auth }: { http: Http; auth: Auth }): Tokens {
  const prove = proofOf(auth)
  const kept = keep<string>()
  const read: Read<string> = async (call) => {
    const { headers, form } = await prove()
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...form })
    if (auth.scope !== undefined) body.set('scope', auth.scope)
    const request: HttpRequest = {
      method: 'POST',
      url: new URL(auth.tokenUrl),
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: body.toString(),
      writes: false,
    }
    const answer = await ask(http, request, call)
    if (answer.status !== 200) throw refusal(answer)
    const { access_token: value, expires_in: seconds } = jsonAs(answer, Granted)
    const lifeMs = seconds === undefined ? UNTOLD_LIFE_MS : seconds * SECOND
    return { value, forMs: lifeMs - Math.min(MARGIN_MS, lifeMs / 2) }
  }
  return { bearer: (call, about) => kept.get(call, read, about) }
}

/** Sends a request with a token; if the EMR refuses that token with 401, once more with another. */
export async function sendWithToken(
  { http, tokens }: { http: Http; tokens: Tokens },
  request: HttpRequest,
  call: Pick<EmrCall, 'signal'>,
): Promise<HttpAnswer> {
  const send = (token: string) =>
    http.send({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }, call)
  const used = await tokens.bearer(call)
  const answer = await send(used)
  if (answer.status !== 401) return answer
  // Of many calls refused together, one gets the new token and the others find it here.
  const kept = await tokens.bearer(call)
  return send(kept === used ? await tokens.bearer(call, { fresh: true }) : kept)
}

type Proof = () => Promise<{ headers?: Record<string, string>; form?: Record<string, string> }>

/** How the client authenticates. */
function proofOf({ clientId, clientSecret, privateKey, keyId, alg, tokenUrl }: Auth): Proof {
  if (privateKey === undefined) {
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret ?? '')}`
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`
    return async () => ({ headers: { authorization } })
  }
  const key = privateKeyOf(privateKey)
  const header = { alg: algorithmOf(key, alg), typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) }
  return async () => {
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader(header)
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(tokenUrl)
      .setIssuedAt()
      .setExpirationTime(`${ASSERTION_LIFE_SECONDS}s`)
      .sign(key)
    const kind = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    return { form: { client_assertion_type: kind, client_assertion: assertion } }
  }
}

/** PEM or JWK. The error text is ours: Node's could quote the key. */
function privateKeyOf(text: string): KeyObject {
  try {
    if (!text.trimStart().startsWith('{')) return createPrivateKey(text)
    return createPrivateKey({ key: JSON.parse(text), format: 'jwk' })
  } catch {
    throw new RangeError('auth.privateKey is neither a private key in PEM nor a JWK')
  }
}

function algorithmOf(key: KeyObject, wanted: Auth['alg']): string {
  const curve = key.asymmetricKeyDetails?.namedCurve
  const fit = key.asymmetricKeyType === 'rsa' ? 'RS384' : curve === 'secp384r1' ? 'ES384' : undefined
  if (!fit || (wanted && wanted !== fit)) throw new RangeError('auth.privateKey does not fit the algorithm')
  return fit
}

async function ask(http: Http, request: HttpRequest, call: Pick<EmrCall, 'signal'>): Promise<HttpAnswer> {
  try {
    return await http.send(request, call)
  } catch (error) {
    if (!(error instanceof EmrError) || error.code === 500) throw error
    // Silence here is not the EMR's silence: no encounter has been sent.
    throw new EmrError(502, error.message.replace('the EMR', 'the token endpoint'))
  }
}

/** RFC 6749, 5.2: a refused client gets 400 or 401, with a reason in words that are not passed on. */
function refusal(answer: HttpAnswer): EmrError {
  const { status, retryAfterMs } = answer
  if (status < 300) return unreadable(false)
  if (status === 400 || status === 401 || status === 403)
    return refused(401, { because: "the token endpoint did not accept the gateway's client credentials" })
  if (status === 408 || status === 429 || status >= 500)
    return new EmrError(502, 'the token endpoint issues no tokens at present', {
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  return notAgreed('unexpected answer: this may not be the configured token endpoint')
}
