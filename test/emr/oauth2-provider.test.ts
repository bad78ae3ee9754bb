import { openHttp } from '@encounter-gateway/worker/emr/http/exchange.ts'
import { openTokens, type Auth } from '@encounter-gateway/worker/emr/http/oauth2.ts'
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callFor, errorOf } from '../fixtures/port.ts'

const SCOPE = 'system/Encounter.write'
const RESOURCE = 'https://emr.example/fhir'
const SECRET = 'a secret with : / + and %'
const keys = await Promise.all(
  (['RS256', 'PS256', 'RS384', 'ES256', 'ES384'] as const).map(async (alg) => ({
    alg,
    ...(await generateKeyPair(alg, { extractable: true })),
  })),
)

const server = createServer()
const http = openHttp({ connections: 2 })
let issuer: string

/** A certified OpenID provider, with a client for each way to authenticate. */
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const grant = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: SCOPE }
  const bySecret = (method: 'client_secret_basic' | 'client_secret_post') => ({
    ...grant,
    client_id: method,
    client_secret: SECRET,
    token_endpoint_auth_method: method,
  })
  const byKey = await Promise.all(
    keys.map(async ({ alg, publicKey }) => ({
      ...grant,
      client_id: alg,
      token_endpoint_auth_method: 'private_key_jwt' as const,
      token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: alg, use: 'sig' }] },
    })),
  )
  const provider = new Provider(issuer, {
    clients: [bySecret('client_secret_basic'), bySecret('client_secret_post'), ...byKey],
    scopes: [SCOPE],
    enabledJWA: { clientAuthSigningAlgValues: keys.map(({ alg }) => alg) },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({ scope: SCOPE, audience: resource, accessTokenTTL: 300 }),
      },
    },
  })
  const handle = provider.callback()
  server.on('request', (request, response) => void handle(request, response))
})

afterAll(async () => {
  await http.close()
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

const bearer = (auth: Omit<Auth, 'tokenUrl'>) =>
  openTokens({ http, auth: { tokenUrl: `${issuer}/token`, scope: SCOPE, ...auth } }).bearer(callFor())
const resource = { parameters: { resource: RESOURCE } }
const TOKEN = /^[\w.-]{20,}$/

test('a secret by HTTP Basic, encoded as the standard requires', async () => {
  expect(await bearer({ clientId: 'client_secret_basic', clientSecret: SECRET, ...resource })).toMatch(TOKEN)
})

test('a secret in the form', async () => {
  const auth = { clientId: 'client_secret_post', clientSecret: SECRET, secretIn: 'body', ...resource } as const
  expect(await bearer(auth)).toMatch(TOKEN)
})

test.each(keys)('a JWT signed with $alg', async ({ alg, privateKey }) => {
  const auth = { clientId: alg, privateKey: await exportPKCS8(privateKey), keyId: alg, alg, ...resource }
  expect(await bearer({ ...auth, assertionAudience: issuer })).toMatch(TOKEN)
})

test('a wrong secret, and a JWT for another audience, are a refused client', async () => {
  const wrong = await errorOf(bearer({ clientId: 'client_secret_basic', clientSecret: 'wrong', ...resource }))
  expect(wrong).toMatchObject({ code: 401, outcomeUnknown: false })
  const [{ alg, privateKey } = { alg: 'RS256' as const, privateKey: undefined }] = keys
  const auth = {
    clientId: alg,
    privateKey: privateKey ? await exportPKCS8(privateKey) : '',
    keyId: alg,
    alg,
    ...resource,
  }
  const foreign = await errorOf(bearer({ ...auth, assertionAudience: 'https://another.example' }))
  expect(foreign).toMatchObject({ code: 401, outcomeUnknown: false })
})
