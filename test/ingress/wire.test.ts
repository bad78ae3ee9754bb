import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { minimalRequest, openIngress, type Ingress } from '../fixtures/ingress.ts'

/**
 * Sends bytes over a socket of their own and returns the reply, once the server has closed it; `hangUp` closes it
 * first.
 */
async function talk(gateway: Ingress, text: string, hangUp = false) {
  const { port } = gateway.app.server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => undefined)
  if (hangUp) socket.end(text)
  else socket.write(text)
  await once(socket, 'close')
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, body }
}

async function listening(): Promise<Ingress> {
  const gateway = await openIngress()
  await gateway.app.listen({ port: 0, host: '127.0.0.1' })
  return gateway
}

function requestText(gateway: Ingress, extraHeaders: string[], body = JSON.stringify(minimalRequest)): string {
  const own = Object.entries({ ...gateway.headers, Host: 'gateway', Connection: 'close' }).map(([k, v]) => `${k}: ${v}`)
  const lines = ['POST /api/v1/Sandbox/PatientEncounters HTTP/1.1', ...own, ...extraHeaders]
  lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

test.each<[string, number, (gateway: Ingress) => string]>([
  ['what is not HTTP', 400, () => 'HELO there\r\n\r\n'],
  ['a header with a line break in its value', 400, (gateway) => requestText(gateway, ['LoginId: a\rX: b'])],
  ['headers of 20 KiB', 431, (gateway) => requestText(gateway, [`X-Long: ${'x'.repeat(20_000)}`])],
  ['two lengths', 400, (gateway) => requestText(gateway, ['Content-Length: 3'])],
])('%s gets a problem document and the connection is closed', async (_what, status, text) => {
  await using gateway = await listening()
  const reply = await talk(gateway, text(gateway))
  expect(reply.status).toBe(status)
  expect(reply.head).toMatch(/content-type: application\/problem\+json/i)
  expect(reply.head).toMatch(/x-request-id: \S+/i)
  expect((JSON.parse(reply.body) as Problem).status).toBe(status)
})

test('a header parameter or Idempotency-Key sent twice is a mistake', async () => {
  await using gateway = await listening()
  const twice = ['LoginId: nurse', 'Idempotency-Key: a', 'Idempotency-Key: a']
  const reply = await talk(gateway, requestText(gateway, twice))
  const { Errors = [] } = JSON.parse(reply.body) as Problem
  expect(reply.status).toBe(400)
  expect(Errors.map(({ Pointer, Message }) => `${Pointer} ${Message}`)).toEqual([
    expect.stringMatching(/^\/LoginId .*more than once/),
    expect.stringMatching(/^\/Idempotency-Key .*sent once/),
  ])
})

test('credentials sent twice are no credentials, even if one of them is right', async () => {
  await using gateway = await listening()
  const reply = await talk(gateway, requestText(gateway, ['ApplicationKey: wrong']))
  expect(reply.status).toBe(401)
})

test('a body that stops half-way is not accepted', async () => {
  await using gateway = await listening()
  await talk(gateway, requestText(gateway, []).slice(0, -5), true)
  expect(await gateway.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: 0 })
})

test('a header in UTF-8 is read as such', async () => {
  await using gateway = await listening()
  const text = requestText(gateway, ['AuthorizationToken: Schlüssel'])
  const reply = await talk(gateway, text)
  expect(reply.status).toBe(202)
  const { JobId } = JSON.parse(reply.body) as { JobId: string }
  expect((await gateway.payload(JobId)).credentials.authorizationToken).toBe('Schlüssel')
})
