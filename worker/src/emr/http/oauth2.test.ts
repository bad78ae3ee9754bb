import { createLocalJWKSet, exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { EmrError } from '../emr-error.ts'
import { openHttp, type Http } from './exchange.ts'
import { openTokens, sendWithToken, type Auth } from './oauth2.ts'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

type Asked = { path: string; authorization: string; form: URLSearchParams }
type Reply = { status: number; body?: unknown; headers?: Record<string, string> }

/**
 * A server whose token endpoint issues t1, t2, ... unless `answer` returns something else; the EMR is below the same
 * address.
 */
async function serve(
  answer: (asked: Asked, count: number) => Reply | undefined | Promise<Reply | undefined> = () => undefined,
) {
  const asked: Asked[] = []
  const server = createServer(
    (request, response) =>
      void reply(request).then(({ status, body, headers = {} }) =>
        response.writeHead(status, headers).end(JSON.stringify(body)),
      ),
  )
  async function reply(request: IncomingMessage): Promise<Reply> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    const one = { path: request.url ?? '', authorization: request.headers.authorization ?? '', form }
    asked.push(one)
    server.emit('asked')
    const count = tokensAsked().length
    return (await answer(one, count)) ?? { status: 200, body: { access_token: `t${count}`, expires_in: 600 } }
  }
  const tokensAsked = () => asked.filter(({ path }) => path === '/token')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  opened.push({
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
  return { asked, tokensAsked, server, emr: new URL('/emr', url), tokenUrl: `${url}/token` }
}

function http(): Http {
  const client = openHttp({ connections: 4 })
  opened.push(client)
  return client
}

const bySecret = (tokenUrl: string, more: Partial<Auth> = {}): Auth => ({
  tokenUrl,
  clientId: 'gate way',
  clientSecret: 'a:b+c',
  ...more,
})
const call = (signal: AbortSignal = new AbortController().signal) => ({ signal })

async function errorOf(promise: Promise<unknown>): Promise<EmrError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(EmrError)
  return error as EmrError
}

test('asks by Basic with both parts encoded, and keeps the token for all calls', async () => {
  const { asked, tokenUrl } = await serve()
  const tokens = openTokens({ http: http(), auth: bySecret(tokenUrl, { scope: 'system/Encounter.c' }) })
  const first = await Promise.all([tokens.bearer(call()), tokens.bearer(call()), tokens.bearer(call())])
  expect(first).toEqual(['t1', 't1', 't1'])
  expect(await tokens.bearer(call())).toBe('t1')
  expect(asked).toHaveLength(1)
  expect(Buffer.from(asked[0]?.authorization.slice(6) ?? '', 'base64').toString()).toBe('gate%20way:a%3Ab%2Bc')
  expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
    grant_type: 'client_credentials',
    scope: 'system/Encounter.c',
  })
})

test.each([['RS384'], ['ES384'], ['ES256']])(
  'asks by a JWT signed with %s that verifies against the public key',
  async (alg) => {
    const { asked, tokenUrl } = await serve()
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const pem = await exportPKCS8(privateKey)
    const jwk = JSON.stringify(await exportJWK(privateKey))
    for (const key of [pem, jwk]) {
      const auth = { tokenUrl, clientId: 'gateway', privateKey: key, keyId: 'k1' }
      expect(await openTokens({ http: http(), auth }).bearer(call())).toMatch(/^t/)
    }
    const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg }] })
    const [one, other] = await Promise.all(
      asked.map(({ form }) => jwtVerify(form.get('client_assertion') ?? '', jwks, { audience: tokenUrl })),
    )
    expect(one?.payload).toMatchObject({ iss: 'gateway', sub: 'gateway' })
    expect((one?.payload.exp ?? Infinity) - (one?.payload.iat ?? 0)).toBeLessThanOrEqual(300)
    expect(one?.payload.jti).not.toBe(other?.payload.jti)
    expect(asked[0]?.form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    expect(asked[0]?.authorization).toBe('')
  },
)

test('does not start with a key that cannot sign', async () => {
  const about = { tokenUrl: 'http://127.0.0.1/token', clientId: 'gateway' }
  const { privateKey } = await generateKeyPair('RS384', { extractable: true })
  const rsa = await exportPKCS8(privateKey)
  const { privateKey: ed25519 } = await generateKeyPair('EdDSA', { extractable: true })
  const open = (auth: Auth) => openTokens({ http: http(), auth })
  expect(() => open({ ...about, privateKey: '-----BEGIN secret' })).toThrow('neither a private key in PEM nor a JWK')
  expect(() => open({ ...about, privateKey: '{"secret"' })).toThrow('neither a private key in PEM nor a JWK')
  expect(() => open({ ...about, privateKey: rsa, alg: 'ES384' })).toThrow('does not fit')
  const jwk = JSON.stringify(await exportJWK(ed25519))
  expect(() => open({ ...about, privateKey: jwk })).toThrow('does not fit')
  expect(() => open({ ...about, privateKey: rsa, certificate: 'secret' })).toThrow('not a certificate in PEM')
  expect(() => open({ ...about, clientSecret: 'secret', grant: 'jwt-bearer' })).toThrow('requires auth.privateKey')
})

test('sends what else a token endpoint requires: the secret in the form, and parameters of its own', async () => {
  const { asked, tokenUrl } = await serve()
  const parameters = { audience: 'https://emr.example/api', resource: 'urn:emr' }
  const auth = bySecret(tokenUrl, { secretIn: 'body', parameters })
  await openTokens({ http: http(), auth }).bearer(call())
  expect(asked[0]?.authorization).toBe('')
  expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
    ...parameters,
    grant_type: 'client_credentials',
    client_id: 'gate way',
    client_secret: 'a:b+c',
  })
})

test('a JWT as the grant itself holds the scope, and names no user', async () => {
  const { asked, tokenUrl } = await serve()
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { privateKey: await exportPKCS8(privateKey), alg: 'RS256' as const }
  const auth: Auth = { tokenUrl, clientId: 'g@project', ...key, grant: 'jwt-bearer', scope: 'a b' }
  await openTokens({ http: http(), auth }).bearer(call())
  const { assertion = '', ...form } = Object.fromEntries(asked[0]?.form ?? [])
  expect(form).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' })
  const { payload } = await jwtVerify(assertion, publicKey, { audience: tokenUrl })
  expect(payload).toMatchObject({ iss: 'g@project', scope: 'a b' })
  expect(payload.sub).toBeUndefined()
})

test('requests a new token when the old one has expired', async () => {
  const { tokenUrl } = await serve((_asked, count) => ({
    status: 200,
    body: { access_token: `t${count}`, expires_in: 0 },
  }))
  const tokens = openTokens({ http: http(), auth: bySecret(tokenUrl) })
  expect(await tokens.bearer(call())).toBe('t1')
  expect(await tokens.bearer(call())).toBe('t2')
})

test.each([
  [400, { error: 'invalid_client', error_description: 'Jane' }, { code: 401, retry: false }],
  [401, {}, { code: 401, retry: false }],
  [429, {}, { code: 502, retry: true, retryAfterMs: 3000 }],
  [503, {}, { code: 502, retry: true }],
  [404, {}, { code: 502, retry: false }],
  [302, {}, { code: 502, retry: false }],
  [200, { token: 'Jane' }, { code: 502, retry: true }],
  [200, { access_token: 'a\r\nb' }, { code: 502, retry: true }],
  [201, { access_token: 'a' }, { code: 502, retry: true }],
])('classifies %i %j of the token endpoint, with nothing sent', async (status, body, expected) => {
  const { tokenUrl } = await serve(() => ({ status, body, headers: status === 429 ? { 'retry-after': '3' } : {} }))
  const error = await errorOf(openTokens({ http: http(), auth: bySecret(tokenUrl) }).bearer(call()))
  expect(error).toMatchObject({ ...expected, outcomeUnknown: false })
  expect(JSON.stringify(error) + error.message).not.toContain('Jane')
})

test('an unreachable token endpoint leaves no doubt about the encounter, and is asked again later', async () => {
  let down = true
  const { tokenUrl, server } = await serve(() => undefined)
  server.on('connection', (socket) => down && socket.destroy())
  const tokens = openTokens({ http: http(), auth: bySecret(tokenUrl) })
  const error = await errorOf(tokens.bearer(call()))
  expect(error).toMatchObject({ code: 502, retry: true, outcomeUnknown: false })
  expect(error.message).toContain('the token endpoint')
  down = false
  expect(await tokens.bearer(call())).toBe('t1')
})

test('a call that ends while it waits for the token has sent nothing, and the others still get theirs', async () => {
  const { promise: hold, resolve: release } = Promise.withResolvers<Reply | undefined>()
  const { tokenUrl, server } = await serve(() => hold)
  const tokens = openTokens({ http: http(), auth: bySecret(tokenUrl) })
  const over = new AbortController()
  const asked = once(server, 'asked')
  const given = errorOf(tokens.bearer(call(over.signal)))
  const patient = tokens.bearer(call())
  await asked
  over.abort()
  expect(await given).toMatchObject({ code: 502, outcomeUnknown: false, retry: true })
  release(undefined)
  expect(await patient).toBe('t1')
})

test('calls whose token is refused together get one new token between them, and are sent once more', async () => {
  const { asked, tokensAsked, emr, tokenUrl } = await serve(({ path, authorization }) =>
    path === '/token' ? undefined : { status: authorization === 'Bearer t1' ? 401 : 201, body: {} },
  )
  const client = http()
  const tokens = openTokens({ http: client, auth: bySecret(tokenUrl) })
  await tokens.bearer(call())
  const request = { method: 'POST' as const, url: emr, body: '{}', writes: true }
  const send = () => sendWithToken({ http: client, tokens }, request, call())
  const answers = await Promise.all([send(), send(), send(), send()])
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201])
  expect(tokensAsked()).toHaveLength(2)
  expect(asked.filter(({ path }) => path === '/emr')).toHaveLength(8)
})

test('reports a refusal when a second token is refused too', async () => {
  const { tokensAsked, emr, tokenUrl } = await serve(({ path }) => (path === '/token' ? undefined : { status: 401 }))
  const client = http()
  const tokens = openTokens({ http: client, auth: bySecret(tokenUrl) })
  const answer = await sendWithToken({ http: client, tokens }, { method: 'GET', url: emr, writes: false }, call())
  expect(answer.status).toBe(401)
  expect(tokensAsked()).toHaveLength(2)
})
