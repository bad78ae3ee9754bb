import { SECOND } from '@encounter-gateway/shared/durations.ts'
import { Type, type Static } from '@sinclair/typebox'
import { SignJWT } from 'jose'
import { createHash, createPrivateKey, randomUUID, X509Certificate, type KeyObject } from 'node:crypto'
import { oneOf } from '@encounter-gateway/shared/contract/schema-forms.ts'
import type { EmrCall } from '../emr.ts'
import { loginRefused, unreadable, notAgreed, EmrError } from '../emr-error.ts'
import { BaseUrl, jsonAs, type Http, type HttpAnswer, type HttpRequest } from './exchange.ts'
import { cacheReading, type Read } from './cached-reading.ts'

/** A token is not used within this time before its expiry, or in the second half of a very short life. */
const MARGIN_MS = 30 * SECOND
/** How long a token is kept if its answer has no `expires_in`. */
const UNTOLD_LIFE_MS = 300 * SECOND
/** SMART backend services: five minutes at most. */
const ASSERTION_LIFE_SECONDS = 240

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** Signature algorithms (RFC 7518), and the keys they are for; the first that fits is the default. */
const algorithms = {
  RS384: { type: 'rsa', curve: undefined },
  ES384: { type: 'ec', curve: 'secp384r1' },
  RS256: { type: 'rsa', curve: undefined },
  PS256: { type: 'rsa', curve: undefined },
  ES256: { type: 'ec', curve: 'prime256v1' },
} as const
type Algorithm = keyof typeof algorithms
/** What the gateway itself puts into a token request. */
const OWN_PARAMETERS = 'grant_type|client_id|client_secret|client_assertion|client_assertion_type|assertion|scope'

/**
 * OAuth2 client credentials (RFC 6749, 4.4), as the option `auth` of a connection: by secret, or by a JWT that the gateway
 * signs (`private_key_jwt`, RFC 7523; SMART Backend Services). docs/emr/oauth2.md has what each token endpoint requires.
 */
export const Auth = Type.Object(
  {
    tokenUrl: { ...BaseUrl, description: 'The full URL of the token endpoint' },
    clientId: Type.String({ minLength: 1, description: 'The client id of the gateway at the EMR' }),
    clientSecret: Type.Optional(Type.String({ minLength: 1, description: "The client's secret" })),
    secretIn: Type.Optional(
      oneOf(['header', 'body'], {
        default: 'header',
        description: 'Where the secret goes: HTTP Basic, or the form as client_secret',
      }),
    ),
    privateKey: Type.Optional(
      Type.String({ minLength: 1, description: 'Instead of the secret: RSA, P-256 or P-384 key, PEM or JWK' }),
    ),
    keyId: Type.Optional(Type.String({ description: "The kid of that key in the client's JWK set" })),
    certificate: Type.Optional(
      Type.String({ minLength: 1, description: 'PEM of the certificate of that key: the JWT names its thumbprints' }),
    ),
    alg: Type.Optional(
      oneOf(Object.keys(algorithms) as Algorithm[], {
        description: 'By default RS384, ES384 or ES256, whichever is for the key',
      }),
    ),
    assertionAudience: Type.Optional(
      Type.String({ minLength: 1, description: 'aud of the JWT, if it is not tokenUrl' }),
    ),
    grant: Type.Optional(
      oneOf(['client-credentials', 'jwt-bearer'], {
        default: 'client-credentials',
        description: 'jwt-bearer: the JWT itself is the grant (RFC 7523, 2.1), as for a service account of Google',
      }),
    ),
    parameters: Type.Optional(
      Type.Record(
        Type.String({ pattern: `^(?!(${OWN_PARAMETERS})$)[A-Za-z][A-Za-z0-9_.-]{0,63}$` }),
        Type.String({ maxLength: 2048 }),
        {
          additionalProperties: false,
          description: 'More parameters of the token request, such as {"audience": "..."} or {"resource": "..."}',
        },
      ),
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
  // RFC 6749, 5.1 wants a number; Microsoft's endpoints and others send it as text, and some null
  expires_in: Type.Optional(Type.Unknown()),
})

/**
 * Requests nothing yet. Throws `RangeError` for a private key that cannot be used, so that the worker does not start
 * with it.
 */
export function openTokens({ http, auth }: { http: Http; auth: Auth }): Tokens {
  const prove = proofOf(auth)
  const kept = cacheReading<string>()
  const read: Read<string> = async (call) => {
    const { headers, form } = await prove()
    const body = new URLSearchParams({ ...auth.parameters, grant_type: 'client_credentials', ...form })
    // As a grant, the JWT itself holds the scope.
    if (auth.scope !== undefined && auth.grant !== 'jwt-bearer') body.set('scope', auth.scope)
    const request: HttpRequest = {
      method: 'POST',
      url: new URL(auth.tokenUrl),
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: body.toString(),
      writes: false,
    }
    const answer = await ask(http, request, call)
    if (answer.status !== 200) throw refusal(answer)
    const { access_token: value, expires_in: told } = readGranted(answer)
    const lifeMs = lifeMsOf(told)
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
function proofOf(auth: Auth): Proof {
  const { clientId, clientSecret, privateKey, keyId, alg, tokenUrl, certificate, scope } = auth
  if (privateKey === undefined) {
    if (auth.grant === 'jwt-bearer') throw new RangeError('auth.grant jwt-bearer requires auth.privateKey')
    if (auth.secretIn === 'body')
      return async () => ({ form: { client_id: clientId, client_secret: clientSecret ?? '' } })
    const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret ?? '')}`
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`
    return async () => ({ headers: { authorization } })
  }
  const key = privateKeyOf(privateKey)
  const header = {
    alg: algorithmOf(key, alg),
    typ: 'JWT',
    ...(keyId !== undefined && { kid: keyId }),
    ...thumbprints(certificate),
  }
  const isGrant = auth.grant === 'jwt-bearer'
  // In a grant `sub` is a user for whom the client acts, and there is none.
  const claims = isGrant ? { ...(scope !== undefined && { scope }) } : { sub: clientId }
  return async () => {
    const assertion = await new SignJWT({ ...claims, jti: randomUUID() })
      .setProtectedHeader(header)
      .setIssuer(clientId)
      .setAudience(auth.assertionAudience ?? tokenUrl)
      .setIssuedAt()
      .setExpirationTime(`${ASSERTION_LIFE_SECONDS}s`)
      .sign(key)
    if (isGrant) return { form: { grant_type: JWT_BEARER, assertion } }
    return { form: { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion } }
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
  const [fit] = Object.entries(algorithms).find(
    ([name, { type, curve }]) =>
      (wanted === undefined || name === wanted) &&
      key.asymmetricKeyType === type &&
      key.asymmetricKeyDetails?.namedCurve === curve,
  ) ?? [undefined]
  if (fit === undefined) throw new RangeError('auth.privateKey does not fit the algorithm')
  return fit
}

/** SHA-1 and SHA-256 of the certificate (RFC 7515, 4.1.7 and 4.1.8): Entra finds the key by either. */
function thumbprints(certificate: string | undefined): Record<string, string> {
  if (certificate === undefined) return {}
  try {
    const { raw } = new X509Certificate(certificate)
    const digest = (name: string) => createHash(name).update(raw).digest('base64url')
    return { x5t: digest('sha1'), 'x5t#S256': digest('sha256') }
  } catch {
    throw new RangeError('auth.certificate is not a certificate in PEM')
  }
}

async function ask(http: Http, request: HttpRequest, call: Pick<EmrCall, 'signal'>): Promise<HttpAnswer> {
  try {
    return await http.send(request, call)
  } catch (error) {
    if (!(error instanceof EmrError) || error.code === 500) throw error
    // Silence here is not the EMR's silence: no encounter has been sent.
    throw tokenFault(error)
  }
}

function readGranted(answer: HttpAnswer): Static<typeof Granted> {
  try {
    return jsonAs(answer, Granted)
  } catch (error) {
    throw error instanceof EmrError ? tokenFault(error) : error
  }
}

/** A fault of the token endpoint, named as such. The EMR was not reached, so no attempt is spent. */
function tokenFault(error: EmrError): EmrError {
  return new EmrError(502, error.message.replace('the EMR', 'the token endpoint'), { unspent: 'unreachable' })
}

/** The life of a token in ms, from its `expires_in` in seconds. What is no such number says nothing. */
function lifeMsOf(told: unknown): number {
  const seconds = typeof told === 'string' && told.trim() !== '' ? Number(told) : told
  return typeof seconds === 'number' && seconds >= 0 && Number.isFinite(seconds) ? seconds * SECOND : UNTOLD_LIFE_MS
}

/** RFC 6749, 5.2: a refused client gets 400 or 401, with a reason in words that are not passed on. */
function refusal(answer: HttpAnswer): EmrError {
  const { status, retryAfterMs } = answer
  if (status < 300) return tokenFault(unreadable(false))
  if (status === 400 || status === 401 || status === 403)
    return loginRefused('gateway', "the token endpoint did not accept the gateway's client credentials")
  if (status === 408 || status === 429 || status >= 500)
    return new EmrError(502, 'the token endpoint issues no tokens at present', {
      unspent: retryAfterMs === undefined ? 'unreachable' : 'busy',
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  return notAgreed('unexpected answer: this may not be the configured token endpoint')
}
