import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeIdentity } from '../fixtures/certificates.ts'
import { openIngress, type Ingress } from '../fixtures/ingress.ts'

type Endpoint = { EndpointId: string; Secret?: string; [name: string]: unknown }
const PATH = '/api/v1/WebhookEndpoints'
const URL = 'https://hooks.example.org/in'

let gateway: Ingress
beforeAll(async () => {
  gateway = await openIngress({ webhooks: { allowHttp: true, allowHosts: ['127.0.0.1:4020'] } })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const create = (body: object, headers = {}) => gateway.put('POST', PATH, body, headers)
const change = (id: string, body: object) => gateway.put('PATCH', `${PATH}/${id}`, body)
async function created(body: object = {}): Promise<Endpoint> {
  const reply = await create({ Url: URL, ...body })
  if (reply.statusCode !== 201) throw new Error(reply.body)
  return reply.json<Endpoint>()
}
const read = async (id: string) => (await gateway.get(`${PATH}/${id}`)).json<Endpoint>()
const mistakes = (reply: { json: <T>() => T }) =>
  Object.fromEntries(
    reply.json<{ Errors?: { Pointer: string; Message: string }[] }>().Errors?.map((e) => [e.Pointer, e.Message]) ?? [],
  )

test('a new endpoint is answered with its secret, which is never shown again', async () => {
  const reply = await create({ Url: URL, Description: 'Billing', EventTypes: ['batch.finished'], Connections: null })
  expect(reply.statusCode).toBe(201)
  const { Secret = '', ...shown } = reply.json<Endpoint>()
  expect(Secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(reply.headers['location']).toBe(`${PATH}/${shown.EndpointId}`)
  expect(shown).toEqual({
    EndpointId: expect.stringMatching(/^ep_[0-9a-f]{24}$/),
    Url: URL,
    Description: 'Billing',
    EventTypes: ['batch.finished'],
    Body: 'thin',
    Enabled: true,
    Signature: 'v1',
    CreatedAt: expect.stringMatching(/^20/),
    State: 'Enabled',
    Since: expect.stringMatching(/^20/),
    Pending: 0,
  })
  expect(await read(shown.EndpointId)).toEqual(shown)
  const list = await gateway.get(`${PATH}?Limit=200`)
  expect(list.json<{ WebhookEndpoints: object[] }>().WebhookEndpoints).toContainEqual(shown)
  expect(list.body).not.toContain('whsec_')
  expect(gateway.logLines.join()).not.toContain(Secret)
})

test('all mistakes are reported at once, by pointer', async () => {
  const reply = await create({
    Url: 'ftp://hooks.example.org',
    EventTypes: ['encounter.made'],
    Connections: ['Cerner.default'],
    Headers: { Host: 'x', 'Webhook-Id': 'x', 'X Y': 'x', 'X-Line': 'a\r\nb', Authorization: 'letmein', 'X-Fine': 'x' },
    RequestsPerSecond: 0,
    Descriptoin: 'x',
    ClientCertificate: { Certificate: 'no', Key: 'no' },
  })
  expect(reply.statusCode).toBe(400)
  expect(Object.keys(mistakes(reply)).sort()).toEqual([
    '/ClientCertificate/Certificate',
    '/ClientCertificate/Key',
    '/Connections/0',
    '/Descriptoin',
    '/EventTypes/0',
    '/Headers/Authorization',
    '/Headers/Host',
    '/Headers/Webhook-Id',
    '/Headers/X Y',
    '/Headers/X-Line',
    '/RequestsPerSecond',
    '/Url',
  ])
  expect(mistakes(reply)['/Descriptoin']).toContain('did you mean `Description`')
  expect(mistakes(reply)['/Connections/0']).toBe(`must be one of Sandbox.${gateway.emrInstance}`)
  expect(reply.body).not.toContain('letmein')
})

test.for([
  ['not a URL', 'must be a URL'],
  ['//hooks.example.org/', 'must be a URL'],
  ['https://', 'must be a URL'],
  ['https://name:%zz@hooks.example.org/', 'must be a URL'],
  ['javascript:alert(1)', 'must be https'],
  ['https://hooks.example.org/#part', 'must have no fragment'],
  ['https://10.0.0.1/', 'must be a public address'],
  ['https://169.254.169.254/latest/meta-data', 'must be a public address'],
  ['https://[::1]/', 'must be a public address'],
  ['https://[::ffff:10.0.0.1]/', 'must be a public address'],
  ['https://0x7f000001/', 'must be a public address'],
  ['http://127.0.0.1:4021/', 'must be a public address'],
  ['', 'must not be empty'],
])('the URL %s is refused', async ([Url, message]) => {
  const reply = await create({ Url })
  expect([reply.statusCode, mistakes(reply)['/Url']]).toEqual([400, expect.stringContaining(message ?? '')])
})

test('an allowed host may have a private address, and http is for gateways that allow it', async () => {
  expect((await create({ Url: 'http://127.0.0.1:4020/in' })).statusCode).toBe(201)
  await using strict = await openIngress()
  const reply = await strict.put('POST', PATH, { Url: 'http://hooks.example.org/' })
  expect(mistakes(reply)).toEqual({ '/Url': 'must be https: this gateway does not allow http' })
})

test.for([null, [], 'text', 5])('the body %o is a mistake', async (body) => {
  const reply = await gateway.put('POST', PATH, body)
  expect([reply.statusCode, reply.json<{ type: string }>().type]).toEqual([
    400,
    expect.stringContaining('invalid-request'),
  ])
})

test('credentials in the URL become a Basic header, and the answer says so', async () => {
  const reply = await create({ Url: 'https://ann:s%20cret@hooks.example.org/in?a=b' })
  const shown = reply.json<Endpoint>()
  expect(shown).toMatchObject({
    Url: 'https://hooks.example.org/in?a=b',
    HiddenHeaders: ['Authorization'],
    Notes: [expect.stringContaining('Basic')],
  })
  const stored = await gateway.app.webhooksOf(application()).endpoints.get(shown.EndpointId)
  expect(stored?.headers).toEqual({ Authorization: `Basic ${Buffer.from('ann:s cret').toString('base64')}` })
  for (const { body } of [reply, await gateway.get(`${PATH}/${shown.EndpointId}`)]) {
    expect(body).not.toMatch(/cret@|s cret|YW5u/)
  }
  const both = await create({ Url: 'https://a:b@hooks.example.org/', Headers: { authorization: 'Bearer x' } })
  expect(mistakes(both)).toEqual({ '/Headers/Authorization': 'must be absent: Url has credentials' })
})

test('headers are merged; those that may hold credentials are never shown', async () => {
  const { EndpointId } = await created({ Headers: { 'X-Team': 'a', 'X-Api-Key': 'hush', 'X-Other': 'b' } })
  expect(await read(EndpointId)).toMatchObject({
    Headers: { 'X-Team': 'a', 'X-Other': 'b' },
    HiddenHeaders: ['X-Api-Key'],
  })
  const reply = await change(EndpointId, {
    Headers: { 'x-team': 'c', 'X-Other': null, Authorization: 'Bearer abc.def' },
  })
  expect(reply.json()).toMatchObject({
    Headers: { 'x-team': 'c' },
    HiddenHeaders: expect.arrayContaining(['X-Api-Key', 'Authorization']),
  })
  expect(reply.body).not.toMatch(/hush|abc\.def/)
  const twice = await change(EndpointId, { Headers: { 'X-A': '1', 'x-a': '2' } })
  expect(mistakes(twice)).toEqual({ '/Headers/x-a': 'is there twice, in different letter case' })
  await change(EndpointId, { Headers: null })
  expect(await read(EndpointId)).not.toHaveProperty('HiddenHeaders')
})

test('stored credentials do not follow an endpoint to another host', async () => {
  const { EndpointId } = await created({ Headers: { Authorization: 'Bearer abc', 'X-Team': 'a' } })
  const elsewhere = 'https://elsewhere.example.org/'
  const refused = await change(EndpointId, { Url: elsewhere })
  expect(mistakes(refused)).toEqual({
    '/Url': 'leads to another host: give Authorization anew in Headers, or remove it with null',
  })
  expect((await change(EndpointId, { Url: `${URL}/deeper` })).statusCode).toBe(200)
  expect((await change(EndpointId, { Url: elsewhere, Headers: { Authorization: null } })).statusCode).toBe(200)
  expect(await read(EndpointId)).toMatchObject({ Url: elsewhere, Headers: { 'X-Team': 'a' } })
})

test('full messages are for https only, whichever of the two changes', async () => {
  const http = 'http://127.0.0.1:4020/'
  expect(mistakes(await create({ Url: http, Body: 'full' }))).toHaveProperty('/Body')
  const { EndpointId } = await created({ Body: 'full' })
  expect(mistakes(await change(EndpointId, { Url: http }))).toHaveProperty('/Body')
  expect((await change(EndpointId, { Url: http, Body: 'thin' })).statusCode).toBe(200)
  expect(mistakes(await change(EndpointId, { Body: 'full' }))).toHaveProperty('/Body')
})

test('a client certificate is stored with its key and shown without', async () => {
  const { cert: certificate, key } = makeIdentity('hooks client')
  const other = makeIdentity('another')
  const shown = await created({ ClientCertificate: { Certificate: certificate, Key: key } })
  expect(shown).toMatchObject({
    ClientCertificate: { Subject: 'CN=hooks client', ExpiresAt: expect.stringMatching(/^20/) },
  })
  expect(JSON.stringify(shown)).not.toContain('PRIVATE')
  const pair = { Certificate: certificate, Key: other.key }
  expect(mistakes(await create({ Url: URL, ClientCertificate: pair }))).toEqual({
    '/ClientCertificate/Key': 'must be the key of the certificate',
  })
  const plain = { Url: 'http://127.0.0.1:4020/', ClientCertificate: { Certificate: certificate, Key: key } }
  expect(mistakes(await create(plain))).toEqual({ '/ClientCertificate': 'requires https' })
})

test('a change leaves the rest; null restores the default', async () => {
  const { EndpointId } = await created({ Description: 'x', RequestsPerSecond: 5, EventTypes: ['encounter.failed'] })
  const reply = await change(EndpointId, { Description: null, RequestsPerSecond: 9 })
  expect(reply.json()).toMatchObject({ RequestsPerSecond: 9, EventTypes: ['encounter.failed'], Url: URL })
  expect(reply.json()).not.toHaveProperty('Description')
  expect(reply.json()).not.toHaveProperty('Secret')
  const wrong = await change(EndpointId, { EventTypes: [], Url: null, EndpointId: 'ep_1', RequestsPerSecond: 'many' })
  expect(Object.keys(mistakes(wrong)).sort()).toEqual(['/EndpointId', '/EventTypes', '/RequestsPerSecond', '/Url'])
  expect((await change(EndpointId, {})).statusCode).toBe(200)
})

test('an endpoint is disabled and enabled by its owner', async () => {
  const { EndpointId } = await created({ Enabled: false })
  expect(await read(EndpointId)).toMatchObject({
    Enabled: false,
    State: 'Disabled',
    Reason: 'disabled by its application',
  })
  expect((await change(EndpointId, { Enabled: true })).json()).toMatchObject({ Enabled: true, State: 'Enabled' })
  expect((await change(EndpointId, { Enabled: false })).json()).toMatchObject({ Enabled: false, State: 'Disabled' })
})

test("another application's endpoint is a 404 like an unknown one, for every request that there is", async () => {
  const { EndpointId } = await created()
  const { paths } = (await gateway.get('/openapi.json')).json<{ paths: Record<string, Record<string, unknown>> }>()
  const requests = Object.entries(paths)
    .filter(([path]) => path.includes('{EndpointId}'))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const))
  expect(requests.length).toBeGreaterThanOrEqual(9)
  const payload = { RotateSecret: {}, Recover: { Since: '2026-01-01T00:00:00Z', DryRun: true } }
  for (const [method, path] of requests) {
    const body = method === 'PATCH' ? {} : payload[path.split('/').at(-1) as keyof typeof payload]
    const ask = (id: string) =>
      gateway.app.inject({
        method: method as 'GET',
        url: path.replace('{EndpointId}', id).replace('{MessageId}', 'msg_any_1'),
        headers: { ...gateway.asOther, ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { payload: JSON.stringify(body) }),
      })
    const [theirs, unknown] = [await ask(EndpointId), await ask('ep_000000000000000000000000')]
    expect([method, path, theirs.statusCode]).toEqual([method, path, 404])
    expect({ ...theirs.json<object>(), instance: '' }).toEqual({ ...unknown.json<object>(), instance: '' })
  }
  expect((await gateway.get(`${PATH}/${EndpointId}`)).statusCode).toBe(200)
  expect((await gateway.app.inject({ url: PATH, headers: gateway.asOther })).json()).toEqual({ WebhookEndpoints: [] })
})

test('an application has at most 1,000 endpoints; they are listed in pages, and one message wakes all', async () => {
  await using own = await openIngress()
  const { endpoints, lanes, feed } = own.app.webhooksOf({ name: own.names.demo } as never)
  const { EndpointId: sample } = (await own.put('POST', PATH, { Url: URL })).json<Endpoint>()
  const stored = await endpoints.get(sample)
  if (!stored) throw new Error('it was not stored')
  await Promise.all(
    Array.from({ length: 999 }, async (_, n) => {
      const endpointId = `ep_${String(n).padStart(24, '0')}`
      expect(await endpoints.create({ ...stored, endpointId })).toBe('created')
      await lanes.open(endpointId)
    }),
  )
  const refused = await own.put('POST', PATH, { Url: URL })
  expect([refused.statusCode, refused.json<{ detail: string }>().detail]).toEqual([
    409,
    'An application may have 1000 webhook endpoints; delete one first.',
  ])
  const seen = new Set<string>()
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = await own.get(`${PATH}?Limit=200${cursor && `&Cursor=${cursor}`}`)
    const { WebhookEndpoints, Cursor } = page.json<{ WebhookEndpoints: Endpoint[]; Cursor?: string }>()
    for (const { EndpointId } of WebhookEndpoints) seen.add(EndpointId)
    cursor = Cursor
  }
  expect(seen.size).toBe(1_000)

  // nothing is awake before a message, all are after it
  expect((await lanes.awake()).endpoints).toEqual([])
  await feed.publish([{ id: 'msg_one_1', type: 'encounter.created', body: '{}' }])
  expect((await lanes.awake()).endpoints).toHaveLength(1_000)
  expect((await own.send('DELETE', `${PATH}/${sample}`)).statusCode).toBe(204)
  expect((await own.put('POST', PATH, { Url: URL })).statusCode).toBe(201)
})

test('a deleted endpoint is gone', async () => {
  const { EndpointId } = await created()
  expect((await gateway.send('DELETE', `${PATH}/${EndpointId}`)).statusCode).toBe(204)
  expect((await gateway.get(`${PATH}/${EndpointId}`)).statusCode).toBe(404)
  expect((await gateway.send('DELETE', `${PATH}/${EndpointId}`)).statusCode).toBe(404)
  expect((await change(EndpointId, { Enabled: true })).statusCode).toBe(404)
})

test('a rotation returns the new secret; the old one signs as well for the overlap', async () => {
  const { EndpointId, Secret } = await created()
  const rotate = (body: object) => gateway.put('POST', `${PATH}/${EndpointId}/RotateSecret`, body)
  const secrets = async () => (await gateway.app.webhooksOf(application()).endpoints.get(EndpointId))?.secrets
  const first = (await rotate({ OverlapHours: 2 })).json<Endpoint>()
  expect(first).toEqual({
    EndpointId,
    Signature: 'v1',
    Secret: expect.stringMatching(/^whsec_/),
    OldSecretUntil: expect.stringMatching(/^20/),
  })
  expect(await secrets()).toEqual([{ secret: first.Secret }, { secret: Secret, until: expect.any(Number) }])
  expect(Math.abs(Date.parse(String(first['OldSecretUntil'])) - Date.now() - 7_200_000)).toBeLessThan(60_000)
  expect(await read(EndpointId)).toMatchObject({ OldSecretUntil: first['OldSecretUntil'] })

  const asymmetric = (await rotate({ Signature: 'v1a' })).json<Endpoint>()
  expect(asymmetric).toMatchObject({ Signature: 'v1a', PublicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/) })
  expect(asymmetric).not.toHaveProperty('Secret')
  expect(await secrets()).toHaveLength(3)
  expect((await rotate({})).json()).toMatchObject({ Signature: 'v1a' })

  await rotate({ OverlapHours: 0, Signature: 'v1' })
  expect(await secrets()).toEqual([{ secret: expect.stringMatching(/^whsec_/) }])
  for (let n = 0; n < 4; n++) expect((await rotate({})).statusCode).toBe(200)
  expect((await rotate({})).statusCode).toBe(409)
  expect(mistakes(await rotate({ OverlapHours: 999 }))).toHaveProperty('/OverlapHours')
})

test('an Idempotency-Key makes one endpoint, and its reply has the secret again', async () => {
  const body = { Url: URL, Enabled: false }
  const first = await create(body, { 'Idempotency-Key': 'setup-1' })
  const again = await create({ ...body, Description: null }, { 'Idempotency-Key': 'setup-1' })
  expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([201, 'true'])
  expect(again.json()).toMatchObject({
    EndpointId: first.json<Endpoint>().EndpointId,
    Secret: first.json<Endpoint>().Secret,
    Enabled: false,
  })
  const other = await create({ Url: `${URL}/other` }, { 'Idempotency-Key': 'setup-1' })
  expect(other.statusCode).toBe(422)
  expect((await create(body, { 'Idempotency-Key': '' })).statusCode).toBe(400)
  const theirs = await create(body, { ...gateway.asOther, 'Idempotency-Key': 'setup-1' })
  expect(theirs.json<Endpoint>().EndpointId).not.toBe(first.json<Endpoint>().EndpointId)
})

test('the same state has the same ETag', async () => {
  const { EndpointId } = await created()
  const first = await gateway.get(`${PATH}/${EndpointId}`)
  const etag = String(first.headers['etag'])
  expect((await gateway.get(`${PATH}/${EndpointId}`, { 'If-None-Match': etag })).statusCode).toBe(304)
  await change(EndpointId, { Description: 'new' })
  expect((await gateway.get(`${PATH}/${EndpointId}`, { 'If-None-Match': etag })).statusCode).toBe(200)
})

test('a list has pages, oldest first', async () => {
  await using own = await openIngress()
  const ids: string[] = []
  for (let n = 0; n < 5; n++)
    ids.push((await own.put('POST', PATH, { Url: `${URL}/${n}` })).json<Endpoint>().EndpointId)
  const seen: string[] = []
  for (let cursor = ''; ;) {
    const page = await own.get(`${PATH}?Limit=2${cursor && `&Cursor=${cursor}`}`)
    const { WebhookEndpoints, Cursor } = page.json<{ WebhookEndpoints: Endpoint[]; Cursor?: string }>()
    seen.push(...WebhookEndpoints.map(({ EndpointId }) => EndpointId))
    if (Cursor === undefined) break
    cursor = Cursor
  }
  expect(new Set(seen)).toEqual(new Set(ids))
  expect(seen).toHaveLength(5)
  expect((await own.get(`${PATH}?Cursor=ep_none`)).statusCode).toBe(400)
})

test('the endpoint of the configuration is shown, and only its being enabled can be changed', async () => {
  const webhook = { url: 'https://a:b@hooks.example.org/in', secret: `whsec_${Buffer.alloc(24).toString('base64')}` }
  await using own = await openIngress({ application: { webhook } })
  const path = `${PATH}/ep_config`
  expect((await own.get(path)).json()).toEqual({
    EndpointId: 'ep_config',
    Url: 'https://hooks.example.org/in',
    Body: 'thin',
    HiddenHeaders: ['Authorization'],
    Signature: 'v1',
    Enabled: true,
    State: 'Enabled',
    Pending: 0,
  })
  expect((await own.put('PATCH', path, { Description: 'x' })).statusCode).toBe(409)
  expect((await own.put('PATCH', path, { Description: 'x', Enabled: 5 })).statusCode).toBe(409)
  expect((await own.send('DELETE', path)).statusCode).toBe(409)
  expect((await own.put('POST', `${path}/RotateSecret`, {})).statusCode).toBe(409)
  expect((await own.put('PATCH', path, { Enabled: false })).json()).toMatchObject({ Enabled: false, State: 'Disabled' })
  expect((await own.put('PATCH', path, { Enabled: true })).json()).toMatchObject({ Enabled: true })
  expect((await gateway.get(path)).statusCode).toBe(404)
})

function application() {
  return { name: gateway.names.demo } as Parameters<typeof gateway.app.webhooksOf>[0]
}
