import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { canMakeCertificates, makeIdentity } from '../fixtures/certificates.ts'
import { PATIENCE } from '../fixtures/pace.ts'
import { asDemo } from '../fixtures/processes.ts'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { startWebhookReceiver } from '../fixtures/webhook-receiver.ts'
import { openFleet, postTo, type FleetProcess } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'

const JOBS = 12
const DAY_SECONDS = 86_400

type Endpoint = { EndpointId: string; State: string; Pending: number; Reason?: string }

/** The endpoints of `demo`, by the API. */
function endpointsOf(api: FleetProcess) {
  const send = async <Reply>(method: string, path: string, body?: object) => {
    const headers = { ...asDemo, ...(body && { 'content-type': 'application/json' }) }
    const url = `${api.url}/api/v1/WebhookEndpoints${path}`
    const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`)
    return (text ? JSON.parse(text) : undefined) as Reply
  }
  return {
    send,
    create: async (body: object) => (await send<Endpoint>('POST', '', body)).EndpointId,
    read: (id: string) => send<Endpoint>('GET', `/${id}`),
    failures: async (id: string) => {
      const { Deliveries } = await send<{ Deliveries: { Tries: { Error?: string }[] }[] }>('GET', `/${id}/Deliveries`)
      return Deliveries.flatMap(({ Tries }) => Tries.map(({ Error: said }) => said))
    },
  }
}

test.skipIf(!canMakeCertificates)(
  'a full message goes to an endpoint of a private CA that asks for a certificate, and to no other with TLS of its own',
  async () => {
    const [server, client, stranger] = ['localhost', 'hooks client', 'localhost'].map(makeIdentity)
    if (!server || !client || !stranger) throw new Error('no certificates')
    const asking = { requestCert: true, rejectUnauthorized: true, ca: client.cert }
    await using receiver = await startWebhookReceiver(undefined, { ...server, ...asking })
    await using unknown = await startWebhookReceiver(undefined, stranger)
    const folder = mkdtempSync(join(tmpdir(), 'gateway-ca-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const authority = join(folder, 'ca.pem')
    writeFileSync(authority, server.cert)
    await using emr = await openGatedEmr()
    await using redis = await startRedisServer()
    await using fleet = await openFleet({
      emrs: [{ emr }],
      redisUrl: redis.url,
      config: { webhooks: { allowHosts: [receiver.host, unknown.host], scheduleSeconds: [] } },
    })
    const [api] = await Promise.all([fleet.startApi(), fleet.startWorker({ NODE_EXTRA_CA_CERTS: authority })])
    const { create, failures } = endpointsOf(api)
    const ClientCertificate = { Certificate: client.cert, Key: client.key }
    await create({ Url: `${receiver.url}/in`, Body: 'full', ClientCertificate })
    const without = await create({ Url: `${receiver.url}/without` })
    const strange = await create({ Url: unknown.url, ClientCertificate })
    const reply = await postTo(api, fleet.connection().connection.emrInstance, { prefer: 'wait=20' })
    if (!reply) throw new Error('the api did not answer')
    const { EncounterId } = (await reply.json()) as { EncounterId: string }

    const { path, body } = await receiver.nth(1)
    expect(path).toBe('/in')
    expect(JSON.parse(body)).toMatchObject({ data: { Result: { EncounterId } } })
    for (const id of [without, strange])
      await expect.poll(() => failures(id), PATIENCE).toEqual(['endpoint could not be reached'])
    expect(receiver.received).toHaveLength(1)
    expect(unknown.received).toHaveLength(0)
  },
  120_000,
)

test('an endpoint that was down for a day gets everything, one that was deleted nothing, and one of an application without configuration nothing', async () => {
  let up = false
  await using down = await startWebhookReceiver((response) => void response.writeHead(up ? 204 : 503).end())
  await using deleted = await startWebhookReceiver((response) => void response.writeHead(up ? 204 : 503).end())
  await using healthy = await startWebhookReceiver()
  await using emr = await openGatedEmr()
  // a day of three seconds, after which the endpoint is disabled; a message is tried once
  const webhooks = {
    allowHttp: true,
    allowHosts: [down.host, deleted.host, healthy.host],
    scheduleSeconds: [],
    disableAfterDays: 3 / DAY_SECONDS,
  }
  await using redis = await startRedisServer()
  await using fleet = await openFleet({ emrs: [{ emr }], redisUrl: redis.url, config: { webhooks } })
  const { emrInstance } = fleet.connection().connection
  const [api, worker] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  const { create, read, send } = endpointsOf(api)
  const since = new Date().toISOString()
  const [id, gone] = [await create({ Url: down.url }), await create({ Url: deleted.url })]
  await create({ Url: healthy.url, EventTypes: ['encounter.created'] })
  const jobIds = await Promise.all(
    Array.from({ length: JOBS }, async () => {
      const said = (await (await postTo(api, emrInstance))?.json()) as { JobId: string }
      return said.JobId
    }),
  )
  const awaited = new Set(jobIds.map((jobId) => `msg_${jobId}_1`))
  const got = ({ received }: typeof down) => new Set(received.map(({ headers }) => headers['webhook-id'] ?? ''))
  await expect.poll(() => got(healthy), PATIENCE).toEqual(awaited)
  await expect.poll(() => deleted.received.length, PATIENCE).toBeGreaterThan(0)
  expect((await read(gone)).Pending).toBeGreaterThan(0)
  await send('DELETE', `/${gone}`)
  await expect.poll(() => read(id), PATIENCE).toMatchObject({ State: 'Disabled', Reason: 'endpoint answered 503' })

  up = true
  const before = down.received.length
  const recovered = await send<{ Count: number }>('POST', `/${id}/Recover`, { Since: since, DryRun: true })
  const { Pending } = await read(id)
  expect(recovered.Count).toBeGreaterThan(0)
  expect(down.received).toHaveLength(before)
  await send('PATCH', `/${id}`, { Enabled: true })
  expect(await send('POST', `/${id}/Recover`, { Since: since })).toMatchObject({ Count: expect.any(Number) })
  const later = () => new Set(down.received.slice(before).map(({ headers }) => headers['webhook-id'] ?? ''))
  await expect.poll(() => later().size, PATIENCE).toBeGreaterThanOrEqual(JOBS)
  expect(awaited.difference(later())).toEqual(new Set())
  // what was counted is what did not wait anyway, but for news about the other endpoint
  expect(recovered.Count + Pending).toBeGreaterThanOrEqual(JOBS)
  expect(await send('POST', `/${id}/Recover`, { Since: since, DryRun: true })).toMatchObject({ Count: 0 })

  const asDeleted = deleted.received.length
  const kept = await fleet.redis.keys(`eg:{hooks.demo}:*${gone}*`)
  expect(kept.filter((key) => !key.includes(':tries:') && !key.includes(':delivered:'))).toEqual([])

  await worker.kill('SIGTERM')
  const posts = [down, healthy].map(({ received }) => received.length)
  fleet.configure({
    webhooks,
    applications: [{ name: 'other', keyHash: `sha256:${'1'.repeat(64)}`, emrSystems: ['Sandbox'] }],
  })
  expect((await postTo(api, emrInstance))?.status).toBe(202)
  await fleet.startWorker()
  await expect.poll(fleet.connection().pending, PATIENCE).toBe(0)
  const { outbox } = fleet.connection().keys
  await expect.poll(() => fleet.redis.xlen(outbox), PATIENCE).toBe(0)
  expect([down, healthy].map(({ received }) => received.length)).toEqual(posts)
  expect(deleted.received).toHaveLength(asDeleted)
}, 180_000)
