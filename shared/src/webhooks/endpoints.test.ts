import { createHash, sign, verify, createPublicKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { sealingKey, type SealingKeys } from '../sealing/seal.ts'
import {
  configuredEndpoint,
  ENDPOINTS_MOST,
  newEndpointId,
  openWebhookEndpoints,
  type WebhookEndpoint,
} from './endpoints.ts'
import { CONFIGURED_ENDPOINT } from './keys.ts'
import { kindOf, newSecret, privateKeyOf, publicKeyOf, secretsAt } from './signing-secrets.ts'
import { splitCredentials } from '../config/url-credentials.ts'
import { openWebhooks } from './webhooks-under-test.ts'

const key = (id: string) => sealingKey(id, createHash('sha256').update(id).digest())
const k1: SealingKeys = [key('k1')]

/** The endpoints of the application of these webhooks. */
function endpointsOf(at: Awaited<ReturnType<typeof openWebhooks>>, sealingKeys = k1, webhook?: { url: string }) {
  const configured = webhook && { webhook: { ...webhook, secret: newSecret('v1') } }
  return openWebhookEndpoints(at.redis, { application: { name: at.application, ...configured }, sealingKeys })
}

function endpoint(more: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  const secrets = [{ secret: newSecret('v1') }]
  const url = 'https://hooks.example/in'
  return { endpointId: newEndpointId(), url, body: 'thin', headers: {}, createdAt: 1_000, secrets, ...more }
}

test('an endpoint is kept as it was created, and nothing of it is in clear', async () => {
  await using at = await openWebhooks()
  const endpoints = endpointsOf(at)
  const made = endpoint({ description: 'Billing', headers: { 'X-Team': 'billing-7' }, eventTypes: ['batch.finished'] })
  expect(await endpoints.create(made)).toBe('created')
  expect(await endpoints.get(made.endpointId)).toEqual(made)
  const stored = Buffer.concat(Object.values(await at.redis.hgetallBuffer(at.keys.endpoints))).toString('latin1')
  for (const text of ['hooks.example', 'Billing', 'billing-7', 'whsec_']) expect(stored).not.toContain(text)
})

test('an id that is taken is not overwritten', async () => {
  await using at = await openWebhooks()
  const endpoints = endpointsOf(at)
  const made = endpoint()
  await endpoints.create(made)
  expect(await endpoints.create({ ...made, url: 'https://other.example/' })).toBe('taken')
  expect(await endpoints.get(made.endpointId)).toEqual(made)
})

test('an endpoint opens for its own application and under its own id only', async () => {
  await using at = await openWebhooks()
  const made = endpoint()
  await endpointsOf(at).create(made)
  const bytes = await at.redis.hgetBuffer(at.keys.endpoints, made.endpointId)
  await at.redis.hset(at.keys.endpoints, 'ep_other', bytes ?? '')
  await expect(endpointsOf(at).get('ep_other')).rejects.toThrow('does not belong')
  await using elsewhere = await openWebhooks()
  expect(await endpointsOf(elsewhere).get(made.endpointId)).toBeUndefined()
  await elsewhere.redis.hset(elsewhere.keys.endpoints, made.endpointId, bytes ?? '')
  await expect(endpointsOf(elsewhere).get(made.endpointId)).rejects.toThrow('does not belong')
})

test('after a rotation of sealing keys endpoints still open, and one without its key spoils no list', async () => {
  await using at = await openWebhooks()
  const old = endpoint()
  await endpointsOf(at).create(old)
  const rotated = endpointsOf(at, [key('k2'), key('k1')])
  const fresh = endpoint({ createdAt: 2_000 })
  await rotated.create(fresh)
  expect(await rotated.list()).toEqual({ endpoints: [old, fresh], unreadable: [] })
  const without = endpointsOf(at, [key('k2')])
  expect(await without.list()).toEqual({ endpoints: [fresh], unreadable: [old.endpointId] })
  expect(await without.remove(old.endpointId)).toBe(true)
  expect(await without.list()).toEqual({ endpoints: [fresh], unreadable: [] })
})

test('changes at the same time all count, and each raises the version', async () => {
  await using at = await openWebhooks()
  const endpoints = endpointsOf(at)
  const made = endpoint()
  await endpoints.create(made)
  const before = (await at.lanes.awake()).version
  const names = Array.from({ length: 10 }, (_, n) => `X-${n}`)
  await Promise.all(
    names.map((name) =>
      endpoints.change(made.endpointId, (now) => ({ ...now, headers: { ...now.headers, [name]: 'yes' } })),
    ),
  )
  expect(Object.keys((await endpoints.get(made.endpointId))?.headers ?? {}).sort()).toEqual(names)
  expect((await at.lanes.awake()).version).toBe(before + 10)
})

test('a removed endpoint is gone, and a change does not bring it back', async () => {
  await using at = await openWebhooks()
  const endpoints = endpointsOf(at)
  const made = endpoint()
  await endpoints.create(made)
  expect(await endpoints.remove(made.endpointId)).toBe(true)
  expect(await endpoints.remove(made.endpointId)).toBe(false)
  expect(await endpoints.change(made.endpointId, (now) => now)).toBeUndefined()
  expect(await endpoints.get(made.endpointId)).toBeUndefined()
})

test('an application has at most 1,000 endpoints', async () => {
  await using at = await openWebhooks()
  const endpoints = endpointsOf(at)
  const many = Array.from({ length: ENDPOINTS_MOST - 1 }, (_, n) => [`ep_${n}`, 'x']).flat()
  await at.redis.hset(at.keys.endpoints, ...many)
  expect(await endpoints.create(endpoint())).toBe('created')
  expect(await endpoints.create(endpoint())).toBe('full')
  expect(await at.redis.hlen(at.keys.endpoints)).toBe(ENDPOINTS_MOST)
})

test('the configured endpoint comes first, is read from the configuration and never stored', async () => {
  await using at = await openWebhooks()
  const endpoints = endpointsOf(at, k1, { url: 'https://hooks.example/' })
  const made = endpoint()
  await endpoints.create(made)
  const { endpoints: all } = await endpoints.list()
  expect(all.map(({ endpointId }) => endpointId)).toEqual([CONFIGURED_ENDPOINT, made.endpointId])
  expect(await endpoints.get(CONFIGURED_ENDPOINT)).toMatchObject({ url: 'https://hooks.example/', body: 'thin' })
  expect(await endpoints.remove(CONFIGURED_ENDPOINT)).toBe(false)
})

test('credentials in the configured URL become a Basic header', () => {
  const webhook = { url: 'https://ann:p%40ss@hooks.example/in?a=1', secret: newSecret('v1') }
  expect(configuredEndpoint({ webhook })).toMatchObject({
    url: 'https://hooks.example/in?a=1',
    headers: { Authorization: `Basic ${Buffer.from('ann:p@ss').toString('base64')}` },
  })
})

test.for([
  ['https://hooks.example', undefined],
  ['https://ann@hooks.example/', 'ann:'],
  ['https://:secret@hooks.example/', ':secret'],
  ['https://j%C3%B6rg:%3A@hooks.example/', 'jörg::'],
])('the credentials of %s', ([text = '', plain]) => {
  const { url, authorization } = splitCredentials(text)
  expect(url).toBe(plain === undefined ? text : 'https://hooks.example/')
  expect(authorization).toBe(plain === undefined ? undefined : `Basic ${Buffer.from(plain).toString('base64')}`)
})

test('a v1 secret has 32 random bytes; a v1a one is a pair whose public half verifies', () => {
  const v1 = newSecret('v1')
  expect(Buffer.from(v1.slice('whsec_'.length), 'base64')).toHaveLength(32)
  const v1a = newSecret('v1a')
  expect([kindOf(v1), kindOf(v1a)]).toEqual(['v1', 'v1a'])
  const point = Buffer.from(publicKeyOf(v1a).slice('whpk_'.length), 'base64')
  expect(Buffer.from(v1a.slice('whsk_'.length), 'base64').subarray(32)).toEqual(point)
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') }
  const signature = sign(null, Buffer.from('text'), privateKeyOf(v1a))
  expect(verify(null, Buffer.from('text'), createPublicKey({ key: jwk, format: 'jwk' }), signature)).toBe(true)
})

test('a secret signs until its overlap ends', () => {
  const secrets = [{ secret: 'new' }, { secret: 'old', until: 1_000 }]
  expect(secretsAt(secrets, 999)).toEqual(secrets)
  expect(secretsAt(secrets, 1_000)).toEqual([{ secret: 'new' }])
})
