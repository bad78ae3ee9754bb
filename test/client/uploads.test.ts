import {
  createClient,
  GatewayError,
  type ClientOptions,
  type PatientEncounterRequest,
} from '@encounter-gateway/client/index.ts'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { batchOf, breakOff, json, openScriptedGateway, problem, type Answer } from './scripted-gateway.ts'

const clientOf = (baseUrl: string, more: Partial<ClientOptions> = {}) =>
  createClient({ baseUrl, applicationName: 'demo', applicationKey: 'the key of demo', patienceMs: 20_000, ...more })

const encounters: PatientEncounterRequest[] = ['a', 'b', 'c'].map((PatientId) => ({
  UserId: 'u',
  PatientId,
  Encounter: {},
}))
const ndjson = encounters.map((encounter) => `${JSON.stringify(encounter)}\n`).join('')
const received = batchOf(3, { Status: 'Running', ReceivedAt: '2025-12-12T20:56:30.112Z' })
const pathOf = '/api/v1/Sandbox/PatientEncounters/Batch'

/** Reads what comes first and resets the connection. */
const cut: Answer = ({ request, response }) => {
  request.once('data', () => response.destroy())
}

test.for([
  ['encounters', encounters],
  ['a text', ndjson],
  ['bytes', new TextEncoder().encode(ndjson)],
  ['a Blob', new Blob([ndjson])],
  ['a stream', new Blob([ndjson]).stream()],
  ['a generator', encounters.values()],
  ['a function', async () => encounters],
] as const)('uploads %s as NDJSON', async ([, source]) => {
  await using gateway = await openScriptedGateway(json(202, received))
  expect(await clientOf(gateway.url).uploadBatch('Sandbox', source)).toEqual(received)
  expect(gateway.seen[0]).toMatchObject({
    method: 'POST',
    path: pathOf,
    headers: { 'content-type': 'application/x-ndjson' },
  })
  expect(gateway.seen[0]?.body.toString()).toBe(ndjson)
})

test('an upload that breaks off is sent again from its beginning under the same key', async () => {
  await using gateway = await openScriptedGateway(
    cut,
    json(200, batchOf(1)),
    problem(429, 'queue-full', { 'Retry-After': '0' }),
    json(200, batchOf(2)),
    problem(408, 'upload-stalled'),
    json(200, batchOf(2)),
    json(202, received),
  )
  expect(await clientOf(gateway.url).uploadBatch('Sandbox', encounters)).toEqual(received)
  expect(gateway.seen.map(({ method }) => method).join(' ')).toBe('POST GET POST GET POST GET POST')
  expect(new Set(gateway.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  expect(gateway.seen.at(-1)?.body.toString()).toBe(ndjson)
})

test('what can be read once is not sent again: the error says how far it came and with which key to go on', async () => {
  await using gateway = await openScriptedGateway(cut, json(200, batchOf(1)))
  const upload = clientOf(gateway.url).uploadBatch('Sandbox', encounters.values(), { idempotencyKey: 'mine' })
  await expect(upload).rejects.toMatchObject({
    name: 'GatewayError',
    idempotencyKey: 'mine',
    batch: { Items: 1 },
    mayPass: true,
  })
})

test('an upload of which only the answer was lost is done, where its key names the content', async () => {
  await using gateway = await openScriptedGateway(breakOff, json(200, received))
  const about = { idempotencyKey: 'sha-of-it', keyNamesContent: true }
  expect(await clientOf(gateway.url).uploadBatch('Sandbox', encounters, about)).toEqual(received)
  expect(gateway.seen).toHaveLength(2)
})

test('the patience begins anew with every item that gets through, and ends where none does', async () => {
  const noRoom = problem(429, 'queue-full', { 'Retry-After': '0' })
  const steps = Array.from({ length: 6 }, (_, items) => [noRoom, json(200, batchOf(items + 1))]).flat()
  await using gateway = await openScriptedGateway(...steps, noRoom, json(200, batchOf(6)))
  // between one pause (up to 200 ms) and two (300 ms at the least)
  const upload = clientOf(gateway.url, { patienceMs: 280 }).uploadBatch('Sandbox', encounters)
  await expect(upload).rejects.toMatchObject({ slug: 'queue-full', batch: { Items: 6 } })
  expect(gateway.seen).toHaveLength(14)
})

test('a refusal that comes while the upload is still under way is told as it is', async () => {
  const refuse: Answer = ({ request, response }) => {
    request.once('data', () => {
      response.writeHead(422, { 'Content-Type': 'application/problem+json', Connection: 'close' })
      response.end(
        JSON.stringify({
          type: 'urn:encounter-gateway:problem:idempotency-mismatch',
          title: 'T',
          status: 422,
          detail: 'D',
        }),
      )
    })
  }
  await using gateway = await openScriptedGateway(refuse, json(200, batchOf(0)))
  let given = 0
  let closed = false
  const endless = async function* () {
    try {
      for (;;) {
        yield new Uint8Array(65_536)
        given++
      }
    } finally {
      closed = true
    }
  }
  const error = await clientOf(gateway.url)
    .uploadBatch('Sandbox', () => endless())
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({ slug: 'idempotency-mismatch' })
  expect(closed).toBe(true)
  // as much as sockets hold, and not the whole of it
  expect(given).toBeLessThan(1000)
})

test('what the source throws comes out as it is, and nothing is sent again', async () => {
  await using gateway = await openScriptedGateway(({ read }) => void read().catch(() => undefined))
  const failure = new RangeError('the database is away')
  const source = async function* () {
    yield encounters[0] ?? new Uint8Array()
    throw failure
  }
  await expect(clientOf(gateway.url).uploadBatch('Sandbox', () => source())).rejects.toBe(failure)
  expect(gateway.seen.length).toBeLessThanOrEqual(1)
})

test('lines of text in an iterable are refused: nobody could tell them from parts of a text', async () => {
  await using gateway = await openScriptedGateway(({ read }) => void read().catch(() => undefined))
  const lines = ['{}', '{}'] as unknown as PatientEncounterRequest[]
  await expect(clientOf(gateway.url).uploadBatch('Sandbox', lines)).rejects.toBeInstanceOf(TypeError)
})

test('goes gzipped if asked to, and as it is where the gateway takes that for a bomb', async () => {
  await using gateway = await openScriptedGateway(problem(413, 'payload-too-large'), json(202, received))
  await clientOf(gateway.url).uploadBatch('Sandbox', encounters, { compress: true })
  const [first, second] = gateway.seen
  expect(first?.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(first?.body ?? '').toString()).toBe(ndjson)
  expect(second?.headers['content-encoding']).toBeUndefined()
  expect(second?.body.toString()).toBe(ndjson)
})

test('an abort ends an upload with its reason and lets go of the source', async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  await using gateway = await openScriptedGateway(({ request }) => {
    request.once('data', () => stop.abort(reason))
  })
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const source = async function* () {
    try {
      for (;;) yield new Uint8Array(1000)
    } finally {
      resolve()
    }
  }
  await expect(clientOf(gateway.url).uploadBatch('Sandbox', () => source(), { signal: stop.signal })).rejects.toBe(
    reason,
  )
  await closed
})

test('an Idempotency-Key that was never used names no upload; an EMR that is not there is an error', async () => {
  await using gateway = await openScriptedGateway(problem(404, 'not-found'), problem(404, 'unknown-emr-system'))
  const client = clientOf(gateway.url)
  expect(await client.findUpload('Sandbox', 'never')).toBeUndefined()
  await expect(client.findUpload('Sandbox', 'never')).rejects.toBeInstanceOf(GatewayError)
})

test('a redirect is told, not followed: the credentials stay here', async () => {
  const redirect: Answer = ({ response }) => void response.writeHead(308, { Location: 'http://127.0.0.1:9/' }).end()
  await using gateway = await openScriptedGateway(redirect, redirect)
  const upload = clientOf(gateway.url).uploadBatch('Sandbox', encounters)
  await expect(upload).rejects.toThrow(/redirect/)
})

test('an upload of any length is not held in memory', async () => {
  await using gateway = await openScriptedGateway(async ({ request, response }) => {
    request.resume()
    request.on('end', () => {
      response.writeHead(202, { 'Content-Type': 'application/json' }).end(JSON.stringify(received))
    })
  })
  const MiB = 1024 * 1024
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  const long = async function* () {
    for (let piece = 0; piece < 512; piece++) {
      yield new Uint8Array(MiB / 2)
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }
  }
  await clientOf(gateway.url).uploadBatch('Sandbox', () => long())
  expect(most).toBeLessThan(128 * MiB)
})
