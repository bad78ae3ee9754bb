import { createClient, type Client } from '@encounter-gateway/client/index.ts'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openIngress, type Ingress } from '../fixtures/ingress.ts'
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

test('the command line creates, shows, changes and deletes an endpoint', async () => {
  const run = (...args: string[]) => cli.run(['webhooks', ...args], environment)
  const made = await run('create', 'https://hooks.example.org/in', '--events', 'encounter.failed,batch.finished')
  expect(made.exitCode).toBe(0)
  expect(made.out).toMatch(/secret, shown only now: whsec_/)
  const [id = ''] = /ep_[0-9a-f]{24}/.exec(made.out) ?? []
  expect(await run('change', id, '--disable')).toMatchObject({ exitCode: 0 })
  expect(await run('list')).toMatchObject({ exitCode: 1, out: expect.stringContaining('Disabled') as string })
  expect(await run('show', 'ep_none')).toMatchObject({ exitCode: 76 })
  expect(await run('create', 'nonsense')).toMatchObject({ exitCode: 76 })
  expect(await run('crate')).toMatchObject({ exitCode: 64 })
  expect(await run('recover', id)).toMatchObject({ exitCode: 64 })
  expect(await run('delete', id)).toMatchObject({ exitCode: 0 })
})
