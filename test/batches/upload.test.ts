import type { Batch } from '@encounter-gateway/shared/contract/batch.ts'
import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { minimalRequest, openIngress, type Ingress } from '../fixtures/ingress.ts'
import { paced } from '../fixtures/pace.ts'

let ingress: Ingress
beforeAll(async () => {
  ingress = await openIngress()
})
afterAll(() => ingress?.[Symbol.asyncDispose]())

const url = '/api/v1/Sandbox/PatientEncounters/Batch'
const line = (patient: string | number) => JSON.stringify({ ...minimalRequest, PatientId: `P${patient}` })
const lines = (count: number, from = 0) => Array.from({ length: count }, (_, at) => line(from + at))

async function upload(body: string | Buffer | Readable, more: Record<string, string> = {}) {
  const headers = { 'content-type': 'application/x-ndjson', ...ingress.headers, ...more }
  const reply = await ingress.app.inject({ method: 'POST', url, headers, payload: body })
  return {
    status: reply.statusCode,
    headers: reply.headers,
    batch: reply.json<Batch>(),
    problem: reply.json<Problem>(),
  }
}
const results = async (batchId: string) => {
  const reply = await ingress.get(`/api/v1/Batches/${batchId}/Results`)
  return reply.body
    .split('\n')
    .slice(0, -1)
    .map((text) => JSON.parse(text) as { ItemIndex: number; Status: string; JobId?: string })
}

describe('an upload', () => {
  test('is answered with its batch once it has been read, and each line is a job', async () => {
    const { status, headers, batch } = await upload(lines(120).join('\n'))
    expect(status).toBe(202)
    expect(batch).toMatchObject({ Status: 'Running', Items: 120, Accepted: 120, Rejected: 0, Succeeded: 0 })
    expect(batch.Queued + batch.Running).toBe(120)
    expect(headers['location']).toBe(`/api/v1/Batches/${batch.BatchId}`)
    const items = await results(batch.BatchId)
    expect(items.map(({ ItemIndex }) => ItemIndex)).toEqual(Array.from({ length: 120 }, (_, at) => at))
    const job = (await ingress.get(`/api/v1/Jobs/${items[117]?.JobId}`)).json<object>()
    expect(job).toMatchObject({ Status: 'Queued', BatchId: batch.BatchId, ItemIndex: 117 })
    const { request } = await ingress.payload(items[117]?.JobId ?? '')
    expect(request.PatientId).toBe('P117')
  })

  test('of bad and good lines has the good ones accepted and the bad ones reported by number', async () => {
    const body = [line(1), '{"UserId": ', '', JSON.stringify({ ...minimalRequest, Sex: 'F' }), line(2)].join('\n')
    const { batch } = await upload(body)
    expect(batch).toMatchObject({ Items: 4, Accepted: 2, Rejected: 2 })
    expect(
      batch.Rejections?.map(({ ItemIndex, Line, Problem: { type, Errors } }) => [
        ItemIndex,
        Line,
        type,
        Errors?.[0]?.Pointer,
      ]),
    ).toEqual([
      [1, 2, 'urn:encounter-gateway:problem:invalid-json', undefined],
      [2, 4, 'urn:encounter-gateway:problem:invalid-request', '/Sex'],
    ])
    expect((await results(batch.BatchId)).map(({ Status }) => Status)).toEqual([
      'Queued',
      'Rejected',
      'Rejected',
      'Queued',
    ])
  })

  test('may be a JSON array, in gzip or zstd, with a byte order mark or CRLF', async () => {
    const array = `[${lines(60).join(' ,\n')}]`
    expect((await upload(array, { 'content-type': 'application/json' })).batch).toMatchObject({ Accepted: 60 })
    const ndjson = lines(60).join('\n')
    expect((await upload(gzipSync(ndjson), { 'content-encoding': 'gzip' })).batch).toMatchObject({ Accepted: 60 })
    expect((await upload(zstdCompressSync(ndjson), { 'content-encoding': 'zstd' })).batch).toMatchObject({
      Accepted: 60,
    })
    expect((await upload(`\uFEFF${lines(3).join('\r\n')}\r\n`)).batch).toMatchObject({ Accepted: 3, Rejected: 0 })
  })

  test('split into single bytes is the same', async () => {
    const bytes = Buffer.from(`\uFEFF${lines(3).join('\r\n')}\n`)
    const { batch } = await upload(Readable.from([...bytes].map((byte) => Buffer.from([byte]))))
    expect(batch).toMatchObject({ Items: 3, Accepted: 3 })
  })

  test.for([
    ['no line at all', '', 400, 'invalid-request'],
    ['empty lines only', '\n\r\n  \n', 400, 'invalid-request'],
  ] as const)('with %s is refused', async ([, body, status, slug]) => {
    const reply = await upload(body)
    expect([reply.status, reply.problem.type]).toEqual([status, `urn:encounter-gateway:problem:${slug}`])
  })

  test.for([
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'invalid-json'],
    ['nesting 10,000 deep', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'invalid-request'],
    ['a property twice', '{"UserId":"u","PatientId":"a","PatientId":"b","Encounter":{}}', 'invalid-request'],
    ['a forbidden name', '{"__proto__":{},"UserId":"u"}', 'invalid-request'],
    ['another EmrInstance, were the header not there', '7', 'invalid-request'],
    ['more than a MiB', `{"UserId":"${'x'.repeat(1024 * 1024)}"}`, 'payload-too-large'],
  ] as const)('rejects a line with %s, and no other', async ([, bad, slug]) => {
    const body = Buffer.concat([Buffer.from(`${line(1)}\n`), Buffer.from(bad), Buffer.from(`\n${line(2)}\n`)])
    const { batch } = await upload(body)
    expect(batch).toMatchObject({ Items: 3, Accepted: 2, Rejected: 1 })
    expect(batch.Rejections?.[0]).toMatchObject({
      ItemIndex: 1,
      Line: 2,
      Problem: { type: `urn:encounter-gateway:problem:${slug}` },
    })
  })

  test(
    'with one bad line of 20,000 has it reported by number, and all others accepted',
    { timeout: paced(600_000) },
    async () => {
      const [count, bad] = [20_000, 17_312]
      const body = Readable.from(
        (function* () {
          for (let at = 0; at < count; at += 1_000) {
            const some = lines(1_000, at)
            if (at <= bad && bad < at + 1_000) some[bad - at] = '{"UserId":"u"}'
            yield Buffer.from(`${some.join('\n')}\n`)
          }
        })(),
      )
      const { status, batch } = await upload(body)
      expect(status).toBe(202)
      expect(batch).toMatchObject({ Items: count, Accepted: count - 1, Rejected: 1 })
      expect(batch.Rejections).toMatchObject([{ ItemIndex: bad, Line: bad + 1, Problem: { status: 400 } }])
      const list = `/api/v1/Jobs?BatchId=${batch.BatchId}&Limit=2`
      const page = (await ingress.get(`${list}&Cursor=${Buffer.from(`item.${bad - 1}`).toString('base64url')}`)).json<{
        Jobs: { ItemIndex: number }[]
      }>()
      expect(page.Jobs.map(({ ItemIndex }) => ItemIndex)).toEqual([bad - 1, bad + 1])
    },
  )

  test('with a line of 50 MB rejects it without holding it', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x')
    const body = Readable.from([
      Buffer.from(`${line(1)}\n`),
      ...Array.from({ length: 50 }, () => piece),
      Buffer.from(`\n${line(2)}`),
    ])
    expect((await upload(body)).batch).toMatchObject({ Accepted: 2, Rejected: 1 })
  })

  test.for([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)(
    'that expands like a bomb, in %s, is refused, and lines before it stay accepted',
    async ([coding, compress]) => {
      const bomb = compress(
        Buffer.concat([Buffer.from(`${line(1)}\n`.repeat(100)), Buffer.alloc(64 * 1024 * 1024, ' ')]),
      )
      const { status, problem, headers } = await upload(bomb, { 'content-encoding': coding })
      expect([status, problem.type]).toEqual([413, 'urn:encounter-gateway:problem:payload-too-large'])
      const batch = (await ingress.get(String(headers['location']))).json<Batch>()
      expect(batch).toMatchObject({ Status: 'Receiving', Accepted: 100 })
    },
  )

  test.for([
    ['text/csv', {}, 415],
    ['application/x-ndjson', { 'content-encoding': 'br' }, 415],
    ['application/x-ndjson', { 'content-encoding': 'gzip' }, 400],
  ] as const)('of %s with %o is refused', async ([type, more, status]) => {
    expect((await upload(lines(2).join('\n'), { 'content-type': type, ...more })).status).toBe(status)
  })

  test('that is not an array, or breaks off inside it, is refused with what arrived before', async () => {
    const json = { 'content-type': 'application/json' }
    expect((await upload('{"UserId":"u"}', json)).status).toBe(400)
    const broken = await upload(`[${lines(60).join(',')}`, json)
    expect([broken.status, broken.problem.type]).toEqual([400, 'urn:encounter-gateway:problem:invalid-json'])
    expect((await ingress.get(String(broken.headers['location']))).json<Batch>().Accepted).toBe(59)
  })
})

describe('with an Idempotency-Key', () => {
  test('a broken upload, sent again, adds only the rest, and can be asked how far it got', async () => {
    const key = { 'Idempotency-Key': 'broken-off' }
    const all = lines(1_000)
    const breaking = Readable.from(
      (async function* () {
        yield Buffer.from(`${all.slice(0, 573).join('\n')}\n{"User`)
        throw new Error('the line is cut')
      })(),
    )
    await upload(breaking, key).catch(() => undefined)
    const howFar = async () => (await ingress.get(url, { ...ingress.headers, ...key })).json<Batch>()
    await expect.poll(async () => (await howFar()).Items, { timeout: paced(10_000) }).toBe(573)
    const came = await howFar()
    expect(came).toMatchObject({ Status: 'Receiving', Accepted: 573 })
    const again = await upload(all.join('\n'), key)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(again.batch).toMatchObject({ BatchId: came.BatchId, Status: 'Running', Items: 1_000, Accepted: 1_000 })
    const jobs = (await results(came.BatchId)).map(({ JobId }) => JobId)
    expect(new Set(jobs).size).toBe(1_000)
    const third = await upload(all.join('\n'), key)
    expect(third.batch).toMatchObject({ Items: 1_000, Accepted: 1_000 })
  })

  test('two uploads at once are one batch', async () => {
    const key = { 'Idempotency-Key': 'at once' }
    const body = lines(500).join('\n')
    const [one, two] = await Promise.all([upload(body, key), upload(body, key)])
    expect([one.status, two.status]).toEqual([202, 202])
    expect(one.batch.BatchId).toBe(two.batch.BatchId)
    const batch = (await ingress.get(`/api/v1/Batches/${one.batch.BatchId}`)).json<Batch>()
    expect(batch).toMatchObject({ Items: 500, Accepted: 500 })
    const depth = await ingress.redis.zcard(ingress.keys.pending)
    expect(depth).toBeGreaterThanOrEqual(500)
  })

  test.for([
    ['another line', [line(1), line('x')]],
    ['fewer lines', [line(1)]],
    ['more lines', lines(4, 1)],
  ] as const)('%s is a 422', async ([name, body]) => {
    const key = { 'Idempotency-Key': `other ${name}` }
    await upload([line(1), line(2), line(3)].join('\n'), key)
    expect((await upload(body.join('\n'), key)).status).toBe(422)
  })

  test('a key that was never used is a 404, and so is a batch of another application', async () => {
    expect((await ingress.get(url, { ...ingress.headers, 'Idempotency-Key': 'never' })).statusCode).toBe(404)
    const { batch } = await upload(line(1))
    for (const path of ['', '/Results', '/Events']) {
      const reply = await ingress.app.inject({
        url: `/api/v1/Batches/${batch.BatchId}${path}`,
        headers: ingress.asOther,
      })
      expect(reply.statusCode).toBe(404)
    }
  })
})

test('jobs of a batch are listed page by page in the order of its items', async () => {
  const { batch } = await upload([...lines(7), 'bad'].join('\n'))
  const first = (await ingress.get(`/api/v1/Jobs?BatchId=${batch.BatchId}&Limit=5`)).json<{
    Jobs: { ItemIndex: number }[]
    Cursor: string
  }>()
  expect(first.Jobs.map(({ ItemIndex }) => ItemIndex)).toEqual([0, 1, 2, 3, 4])
  const second = (await ingress.get(`/api/v1/Jobs?BatchId=${batch.BatchId}&Limit=5&Cursor=${first.Cursor}`)).json<{
    Jobs: { ItemIndex: number }[]
  }>()
  expect(second.Jobs.map(({ ItemIndex }) => ItemIndex)).toEqual([5, 6])
})

test.for([
  ['an application', { application: { maxPending: 100 } }],
  ['a connection', { connection: { maxPending: 100 } }],
] as const)('if %s has as much waiting as it may, a new upload is told to come back', async ([, settings]) => {
  await using small = await openIngress(settings)
  const headers = { 'content-type': 'application/x-ndjson', ...small.headers }
  const send = (count: number) => small.app.inject({ method: 'POST', url, headers, payload: lines(count).join('\n') })
  expect((await send(100)).statusCode).toBe(202)
  await expect.poll(async () => (await send(1)).statusCode, { timeout: paced(10_000) }).toBe(429)
  const refused = await small.post(minimalRequest)
  expect(refused.statusCode).toBe(429)
  expect(refused.headers['retry-after']).toBe('30')
})

test('a batch that is being cancelled is not retried', async () => {
  const { batch } = await upload(lines(3).join('\n'))
  expect((await ingress.send('DELETE', `/api/v1/Batches/${batch.BatchId}`)).json()).toMatchObject({
    Status: 'Cancelling',
  })
  const retried = await ingress.send('POST', `/api/v1/Batches/${batch.BatchId}/Retry?Status=Cancelled`)
  expect([retried.statusCode, retried.json<Problem>().type]).toEqual([409, 'urn:encounter-gateway:problem:conflict'])
})
