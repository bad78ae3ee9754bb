import { createClient, type Client } from '@encounter-gateway/client/index.ts'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeIdentity } from '../fixtures/certificates.ts'
import { openIngress, type Ingress } from '../fixtures/ingress.ts'
import { PATIENCE } from '../fixtures/pace.ts'
import { openCommandLine, type CommandLine } from './command-line.ts'

let gateway: Ingress
let client: Client
let cli: CommandLine
let environment: NodeJS.ProcessEnv
beforeAll(async () => {
  gateway = await openIngress()
  await gateway.app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`
  const [applicationName, applicationKey] = [gateway.names.demo, 'demo key']
  client = createClient({ baseUrl: url, applicationName, applicationKey })
  cli = openCommandLine({ url, emrInstance: gateway.emrInstance })
  environment = { GATEWAY_APPLICATION_NAME: applicationName, GATEWAY_APPLICATION_KEY: applicationKey }
})
afterAll(async () => {
  cli?.[Symbol.dispose]()
  await gateway?.[Symbol.asyncDispose]()
})

test('the client does all that the owner of an endpoint needs', async () => {
  const { webhookEndpoints } = client
  const made = await webhookEndpoints.create({ Url: 'https://hooks.example.org/', Signature: 'v1a' })
  const id = made.EndpointId
  expect(await webhookEndpoints.change(id, { Description: 'Billing' })).toMatchObject({ Description: 'Billing' })
  expect((await Array.fromAsync(webhookEndpoints.list())).map(({ EndpointId }) => EndpointId)).toEqual([id])
  expect(await webhookEndpoints.rotateSecret(id, { overlapHours: 1 })).toMatchObject({ Signature: 'v1a' })
  const messageId = await webhookEndpoints.test(id)
  expect(await webhookEndpoints.delivery(id, messageId)).toMatchObject({ Type: 'webhook.test', Status: 'Waiting' })
  expect(await Array.fromAsync(webhookEndpoints.deliveries(id, { status: 'Waiting' }))).toHaveLength(1)
  await webhookEndpoints.resend(id, messageId)
  expect(await webhookEndpoints.recover(id, new Date(0).toISOString(), { dryRun: true })).toMatchObject({ Count: 0 })
  expect(await webhookEndpoints.events()).toMatchObject({ Events: [] })
  await webhookEndpoints.remove(id)
  await expect(webhookEndpoints.get(id)).rejects.toMatchObject({ status: 404 })
})

/** Runs `webhooks` with these words. */
const run = async (words: string[], more: NodeJS.ProcessEnv = {}) =>
  cli.run(['webhooks', ...words], { ...environment, ...more })
const idIn = (out: string) => /ep_[0-9a-f]{24}/.exec(out)?.[0] ?? ''

test('the command line creates, shows, changes and deletes an endpoint', async () => {
  const made = await run(['create', 'https://hooks.example.org/in', '--events', 'encounter.failed,batch.finished'])
  expect(made).toMatchObject({ exitCode: 0, out: expect.stringMatching(/secret, shown only now: whsec_/) as string })
  const id = idIn(made.out)
  expect(await run(['change', id, '--disable'])).toMatchObject({ exitCode: 0 })
  expect(await run(['list'])).toMatchObject({ exitCode: 1, out: expect.stringContaining('Disabled') as string })
  const mistakes = await Promise.all([
    run(['show', 'ep_none']),
    run(['create', 'nonsense']),
    run(['crate']),
    run(['recover', id]),
    run(['rotate', id, '--overlap', 'long']),
    run(['change', id, '--certificate', 'none.pem', '--certificate-key', 'none.pem']),
  ])
  expect(mistakes.map(({ exitCode }) => exitCode)).toEqual([76, 76, 64, 64, 64, 64])
  expect(await run(['delete', id])).toMatchObject({ exitCode: 0 })
})

test('the command line sets everything that an endpoint has, and takes it back', async () => {
  const { cert, key } = makeIdentity('client.example.org')
  const files = ['--certificate', cli.write('client.pem', cert), '--certificate-key', cli.write('client.key', key)]
  const connection = `Sandbox.${gateway.emrInstance}`
  const variables = { BEARER: 'Bearer CANARY-TOKEN', ZONE: 'north' }
  const made = await run(
    [
      'create',
      'https://hooks.example.org/in',
      '--description',
      'Billing',
      '--events',
      'batch.finished',
      '--full',
      '--connections',
      connection,
      '--header',
      'Authorization=BEARER',
      '--header',
      'X-Zone=ZONE',
      ...files,
      '--per-second',
      '5',
      '--signature',
      'v1a',
      '--disable',
    ],
    variables,
  )
  expect(made.out).toMatch(/^verify with the public key whpk_/m)
  const id = idIn(made.out)
  const shown = await client.webhookEndpoints.get(id)
  expect(shown).toMatchObject({
    Description: 'Billing',
    EventTypes: ['batch.finished'],
    Connections: [connection],
    Body: 'full',
    HiddenHeaders: ['Authorization'],
    ClientCertificate: { Subject: expect.stringContaining('client.example.org') as string },
    RequestsPerSecond: 5,
    Signature: 'v1a',
    Enabled: false,
  })
  const taken = await run([
    'change',
    id,
    '--url',
    'https://hooks.example.org/',
    '--events',
    'none',
    '--connections',
    'none',
    '--thin',
    '--header',
    'Authorization=',
    '--header',
    'X-Zone=',
    '--certificate',
    'none',
    '--per-second',
    'none',
    '--enable',
  ])
  expect(taken).toMatchObject({ exitCode: 0, err: '' })
  const left = await client.webhookEndpoints.get(id)
  expect(left).toMatchObject({ Url: 'https://hooks.example.org/', Body: 'thin', Enabled: true })
  for (const gone of ['EventTypes', 'Connections', 'HiddenHeaders', 'ClientCertificate', 'RequestsPerSecond'])
    expect(left).not.toHaveProperty(gone)
  expect(`${made.out}${taken.out}${JSON.stringify([shown, left])}`).not.toContain('CANARY')
  const basic = await run(['create', 'https://ann:CANARY-WORD@hooks.example.org/'])
  expect(basic.err).toContain('Basic')
  expect((await client.webhookEndpoints.get(idIn(basic.out))).HiddenHeaders).toEqual(['Authorization'])
})

test('the command line rotates, tests, lists tries, sends again, recovers and reads the feed', async () => {
  const { EndpointId: id } = await client.webhookEndpoints.create({ Url: 'https://hooks.example.org/' })
  const rotated = await run(['rotate', id, '--overlap', '2'])
  const [, until = ''] = /^the old secret signs as well until (.*)$/m.exec(rotated.out) ?? []
  expect(rotated.out).toMatch(/^secret, shown only now: whsec_/m)
  expect(Date.parse(until) - Date.now()).toSatisfy((ms: number) => ms > 7_000_000 && ms <= 7_200_000)

  const hooks = gateway.app.webhooksOf({ name: gateway.names.demo } as never)
  /** Delivers what waits, as a worker does. */
  const deliver = async (kind: 'delivered' | 'failed') => {
    const { taken } = await hooks.lanes.take(id, 10, {})
    const made = kind === 'delivered' ? { status: 204 } : { status: 500, failure: 'endpoint answered 500' }
    const ends = taken.map((each) => ({ taken: each, kind, try: { at: Date.now(), ms: 12, ...made } }))
    await hooks.lanes.settle(id, ends, 3_600_000)
    return taken.length
  }
  const tested = run(['test', id])
  await expect.poll(() => deliver('failed'), PATIENCE).toBe(1)
  const { exitCode, out } = await tested
  expect([exitCode, out]).toEqual([1, expect.stringContaining('endpoint answered 500')])
  const [message = ''] = /msg_test_\w+/.exec(out) ?? []

  const since = ['--since', '2026-01-01T00:00:00Z']
  expect((await run(['deliveries', id, '--status', 'failed', ...since, '--max', '5'])).out).toContain(message)
  expect((await run(['deliveries', id, '--status', 'delivered'])).out).toBe('')
  const delivery = await run(['delivery', id, message])
  expect(delivery).toMatchObject({
    exitCode: 1,
    out: expect.stringMatching(/ {2}12 ms {2}endpoint answered 500$/m) as string,
  })
  expect((await run(['resend', id, message])).out).toBe(`${message} is sent again\n`)
  await expect.poll(() => deliver('delivered'), PATIENCE).toBe(1)
  expect((await run(['delivery', id, message])).out).toMatch(/ {2}12 ms {2}answered 204$/m)

  const data = { JobId: 'j1', EMRSystem: 'Sandbox', EmrInstance: gateway.emrInstance, StatusCode: 201 }
  const type = 'encounter.created'
  const body = JSON.stringify({ type, timestamp: '2026-11-23T12:00:00.007Z', data })
  await hooks.feed.publish([{ id: 'msg_j1_1', type, connection: `Sandbox.${gateway.emrInstance}`, body }])
  await deliver('failed')
  expect((await run(['recover', id, ...since, '--dry-run'])).out).toBe('1 message not received\n')
  expect((await run(['recover', id, ...since])).out).toBe('1 message sent again\n')
  const read = await run(['events'])
  expect(read.out).toContain('"MessageId":"msg_j1_1"')
  const { Cursor = '' } = JSON.parse(read.out.trim().split('\n').at(-1) ?? '{}') as { Cursor?: string }
  expect((await run(['events', '--after', Cursor])).out).toBe('')
})
