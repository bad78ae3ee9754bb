import { networkOf, openRefusedKeys } from '@encounter-gateway/api/admission/refused-keys.ts'
import { openPlaces } from '@encounter-gateway/api/http/places.ts'
import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { minimalRequest, openIngress, type Ingress } from '../fixtures/ingress.ts'

const hashOf = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`

const KiB = 1024
let gateway: Ingress
beforeAll(async () => {
  gateway = await openIngress({
    application: { keyHash: undefined, keyHashes: [hashOf('demo key'), hashOf('the next key of demo')] },
    unknownLimits: { bytes: 40 * KiB, bytesOfAddress: 30 * KiB, bodyBytes: 20 * KiB, socketsOfAddress: 8 },
  })
  await gateway.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

function open(): Socket {
  const { port } = gateway.app.server.address() as AddressInfo
  return connect(port, '127.0.0.1').on('error', () => undefined)
}

/** Everything that the server sends on a socket until one reply is complete. */
async function replyOn(socket: Socket): Promise<{ status: number; head: string; problem: Problem }> {
  let text = ''
  for (;;) {
    text += String((await once(socket, 'data'))[0])
    const [head = '', body = ''] = text.split('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 'NaN')
    if (Buffer.byteLength(body) < length) continue
    return { status: Number(head.split(' ')[1]), head, problem: (body ? JSON.parse(body) : {}) as Problem }
  }
}

const post = (more: string[], path = '/api/v1/Sandbox/PatientEncounters', version = '1.1') =>
  [`POST ${path} HTTP/${version}`, 'Content-Type: application/json', ...more].join('\r\n') + '\r\n\r\n'

const get = (key: string, remoteAddress = '192.0.2.1', name = gateway.names.demo) =>
  gateway.app.inject({
    url: '/api/v1/Jobs',
    headers: { ApplicationName: name, ApplicationKey: key },
    remoteAddress,
  })

describe('keys of applications', () => {
  test('both keys of an application work while one replaces the other', async () => {
    for (const key of ['demo key', 'the next key of demo', 'demo key']) expect((await get(key)).statusCode).toBe(200)
    expect((await get('the last key of demo', '192.0.2.7')).statusCode).toBe(401)
  })

  test('after ten wrong keys nothing is compared for a while, for that address and name alone, and the log says so', async () => {
    for (let sent = 0; sent < 10; sent++) expect((await get(`guess ${sent}`)).statusCode).toBe(401)
    const held = await get('demo key')
    expect(held.statusCode).toBe(429)
    expect(held.headers['retry-after']).toBe('1')
    expect(held.json<Problem>().type).toBe('urn:encounter-gateway:problem:too-many-requests')
    expect((await get('demo key', '192.0.2.2')).statusCode).toBe(200)
    expect((await get('other key', '192.0.2.1', gateway.names.other)).statusCode).toBe(200)
    const lines = gateway.logLines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const about = { from: '192.0.2.1', claimed: gateway.names.demo }
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'application.keysGuessed', ...about }))
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'request.handled', status: 401, ...about }))
  })

  test('a name that no application has is not logged, and guesses under many names are counted together', async () => {
    for (let sent = 0; sent < 10; sent++) await get('x', '192.0.2.3', `MRN-${sent}`)
    expect((await get('x', '192.0.2.3', 'another')).statusCode).toBe(429)
    expect(gateway.logLines.join('')).not.toContain('MRN-')
  })

  test('a request without a key is no guess', async () => {
    for (let sent = 0; sent < 15; sent++) expect((await get('', '192.0.2.4')).statusCode).toBe(401)
  })

  test('pauses double up to a minute, and are forgotten after a quarter of an hour', () => {
    let now = 0
    const refused = openRefusedKeys(() => now)
    const pauses = Array.from({ length: 18 }, () => refused.refused('a', 'demo'))
    expect(pauses.slice(8)).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
    expect(refused.waitMs('a', 'demo')).toBe(60_000)
    now += 15 * 60_000
    expect(refused.refused('a', 'demo')).toBe(0)
  })

  test('the addresses of one IPv6 network are one address', () => {
    expect(networkOf('2001:db8:1:2:aaaa::1')).toBe(networkOf('2001:DB8:1:2::7'))
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'))
    expect(networkOf('::ffff:192.0.2.1')).not.toBe(networkOf('::ffff:192.0.2.2'))
  })

  test('a key of less than 16 bytes is reported once it is used', () => {
    expect(gateway.logLines.filter((line) => line.includes('application.shortKey')).length).toBeGreaterThan(0)
  })
})

describe('callers that are not known yet', () => {
  test('a body with the credentials in it may be small only, and is refused before it has arrived', async () => {
    for (const length of [`Content-Length: ${21 * KiB}`, 'Transfer-Encoding: chunked']) {
      const socket = open()
      socket.write(post(['Host: gateway', length]))
      if (length.startsWith('T')) socket.write(`${(21 * KiB).toString(16)}\r\n${' '.repeat(21 * KiB)}\r\n`)
      const { status, problem } = await replyOn(socket)
      expect([status, problem.detail]).toEqual([413, expect.stringContaining('send them as headers')])
      socket.destroy()
    }
    const large = JSON.stringify({ ...minimalRequest, Encounter: { VisitReason: 'x'.repeat(30 * KiB) } })
    expect((await gateway.post(large)).statusCode).not.toBe(413)
  })

  test('their bodies have a budget: held open they get 503, while known callers are served; it is given back', async () => {
    const { ApplicationName, ApplicationKey } = gateway.headers
    const inBody = {
      ...minimalRequest,
      ApplicationName,
      ApplicationKey,
      Encounter: { VisitReason: 'x'.repeat(15 * KiB) },
    }
    const postUnknown = () => gateway.post(inBody, { ApplicationName: undefined, ApplicationKey: undefined })
    const status = async () => (await postUnknown()).statusCode
    const held = [open(), open()]
    for (const socket of held)
      socket.write(post(['Host: gateway', `Content-Length: ${16 * KiB}`]) + ' '.repeat(15 * KiB))
    await expect.poll(status).toBe(503)
    const refused = await postUnknown()
    expect([refused.headers['retry-after'], refused.json<Problem>().status]).toEqual(['2', 503])
    expect((await gateway.post(minimalRequest)).statusCode).toBe(202)
    for (const socket of held) socket.destroy()
    await expect.poll(status).not.toBe(503)
  })

  test('an address has so many connections on which nobody has proven who they are', async () => {
    const sockets = Array.from({ length: 8 }, open)
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    const refused = open()
    await once(refused, 'close')
    const [first, ...others] = sockets
    first?.write(
      `GET /api/v1/Jobs HTTP/1.1\r\nHost: gateway\r\nApplicationName: ${gateway.names.other}\r\nApplicationKey: other key\r\n\r\n`,
    )
    expect((await replyOn(first as Socket)).status).toBe(200)
    const next = open()
    next.write('GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n')
    expect((await replyOn(next)).status).toBe(200)
    for (const socket of [...others, first, next]) socket?.destroy()
  })
})

describe('connections of an application', () => {
  test('it may use those of `connections` alone, and jobs of one that was taken away are gone', async () => {
    const { emrInstance, sealingKeys } = gateway
    const jobId = await gateway.accept()
    const batch = await gateway.app.inject({
      method: 'POST',
      url: '/api/v1/Sandbox/PatientEncounters/Batch',
      headers: { ...gateway.headers, 'content-type': 'application/x-ndjson' },
      payload: JSON.stringify(minimalRequest),
    })
    const { BatchId } = batch.json<{ BatchId: string }>()
    const application = { emrSystems: undefined, connections: [`Cerner.${emrInstance}`] }
    await using later = await openIngress({ emrInstance, sealingKeys, application })
    for (const path of [`Jobs/${jobId}`, `Jobs/${jobId}/Result`, `Batches/${BatchId}`, `Batches/${BatchId}/Results`]) {
      expect([path, (await later.get(`/api/v1/${path}`)).statusCode]).toEqual([path, 404])
    }
    expect((await later.send('DELETE', `/api/v1/Jobs/${jobId}`)).statusCode).toBe(404)
    expect((await later.send('POST', `/api/v1/Jobs/${jobId}/Retry`)).statusCode).toBe(404)
    expect((await later.get('/api/v1/Jobs')).json()).toEqual({ Jobs: [] })
    expect((await later.get(`/api/v1/Jobs?BatchId=${BatchId}`)).json()).toEqual({ Jobs: [] })
    expect((await later.post(minimalRequest)).statusCode).toBe(403)
    expect((await later.post(minimalRequest, {}, 'Cerner')).statusCode).toBe(202)
    expect((await later.post(minimalRequest, { EmrInstance: 'elsewhere' }, 'Cerner')).statusCode).toBe(404)
  })

  test('another instance of an EMR of which it may use one is forbidden', async () => {
    await using scoped = await openIngress({
      application: { emrSystems: undefined, connections: ['Cerner.*'] },
    })
    expect((await scoped.post(minimalRequest, {}, 'Cerner')).statusCode).toBe(202)
    await using one = await openIngress({
      application: { emrSystems: undefined, connections: ['Sandbox.second'] },
      moreConnections: [{ emrSystem: 'Sandbox', emrInstance: 'second', connector: 'sandbox' }],
    })
    const reply = await one.post(minimalRequest)
    expect([reply.statusCode, reply.json<Problem>().type]).toEqual([403, 'urn:encounter-gateway:problem:forbidden'])
  })
})

describe('parts of what is shared', () => {
  test('an application gets its part of the places, by its share, and never one of another', () => {
    const applications = [
      { name: 'a', share: 3 },
      { name: 'b', share: 1 },
    ]
    const places = openPlaces(applications, 8)
    const taken = Array.from({ length: 7 }, () => places.take({ name: 'a' }))
    expect(taken.map(Boolean)).toEqual([true, true, true, true, true, true, false])
    const ofB = [places.take({ name: 'b' }), places.take({ name: 'b' }), places.take({ name: 'b' })]
    expect(ofB.map(Boolean)).toEqual([true, true, false])
    taken[0]?.()
    expect(places.take({ name: 'a' })).toBeDefined()
    expect(openPlaces([{ name: 'c', share: 0.01 }, ...applications], 8).of({ name: 'c' })).toBe(1)
  })
})

describe('what is read in different ways is refused with a problem document', () => {
  test.each<[string, number, string[]]>([
    ['no Host', 400, []],
    ['two Hosts', 400, ['Host: gateway', 'Host: elsewhere']],
    ['an expectation', 417, ['Host: gateway', 'Expect: a-pony']],
  ])('%s', async (_what, expected, more) => {
    const socket = open()
    socket.write(post([...more, 'Content-Length: 2']) + '{}')
    const { status, head, problem } = await replyOn(socket)
    expect([status, problem.status]).toEqual([expected, expected])
    expect(head).toMatch(/content-type: application\/problem\+json/i)
    expect(head).toMatch(/x-content-type-options: nosniff/i)
    socket.destroy()
  })

  test('every reply forbids guessing its type', async () => {
    for (const url of ['/livez', '/metrics', '/openapi.json', '/nowhere', '/api/v1/Jobs', '/%zz'])
      expect([url, (await gateway.app.inject({ url })).headers['x-content-type-options']]).toEqual([url, 'nosniff'])
  })
})

test("the caller's request id comes back, and only the gateway's own is in the log", async () => {
  const reply = await gateway.post('{', { 'X-Request-Id': 'MRN-0012345' })
  const { 'x-request-id': theirs, 'gateway-request-id': ours } = reply.headers
  expect(theirs).toBe('MRN-0012345')
  expect(gateway.logLines.filter((line) => line.includes(String(ours)))).not.toHaveLength(0)
  expect(gateway.logLines.join('')).not.toContain('MRN-0012345')
})
