import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { EmrError } from '../emr-error.ts'
import { ShutdownError } from '../shutdown-error.ts'
import {
  authorizationOf,
  BaseUrl,
  jsonAs,
  jsonOf,
  openHttp,
  retryAfterMs,
  urlBelow,
  type Http,
  type HttpRequest,
} from './exchange.ts'
import { Type } from '@sinclair/typebox'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

type Raw = { url: (path?: string, scheme?: string) => URL; server: Server; sockets: Socket[]; requests: string[] }

/** A server of bare sockets: `answer` is called once for each incoming request head. */
async function rawServer(answer: (socket: Socket, request: string) => void): Promise<Raw> {
  const raw: Raw = { url: () => new URL('http://unset'), server: createServer(), sockets: [], requests: [] }
  raw.server.on('connection', (socket) => {
    raw.sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      raw.requests.push(bytes.toString())
      answer(socket, bytes.toString())
    })
  })
  raw.server.listen(0, '127.0.0.1')
  await once(raw.server, 'listening')
  const { port } = raw.server.address() as AddressInfo
  raw.url = (path = '/', scheme = 'http') => new URL(`${scheme}://127.0.0.1:${port}${path}`)
  opened.push({
    close: async () => {
      for (const socket of raw.sockets) socket.destroy()
      raw.server.close()
      await once(raw.server, 'close')
    },
  })
  return raw
}

function http(options: Partial<Parameters<typeof openHttp>[0]> = {}): Http {
  const client = openHttp({ connections: 4, ...options })
  opened.push(client)
  return client
}

const post = (url: URL, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url,
  body: '{}',
  writes: true,
  ...more,
})
const call = (signal: AbortSignal = new AbortController().signal) => ({ signal })
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'

async function errorOf(promise: Promise<unknown>): Promise<EmrError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(EmrError)
  return error as EmrError
}

test.each([
  ['gzip', gzipSync('{"a":1}')],
  ['x-gzip', gzipSync('{"a":1}')],
  ['br', brotliCompressSync('{"a":1}')],
  ['deflate', deflateSync('{"a":1}')],
])('accepts no coding, and decodes %s all the same', async (coding, body) => {
  const raw = await rawServer((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`)
    socket.write(body)
  })
  const answer = await http().send(post(raw.url()), call())
  expect(jsonOf(answer)).toEqual({ a: 1 })
  expect(raw.requests[0]).toContain('accept-encoding: identity\r\n')
})

test.each([
  ['of another coding', 'zstd', Buffer.from('{}')],
  ['not what it says', 'gzip', Buffer.from('{}')],
  ['cut short', 'gzip', gzipSync('{"a":1}').subarray(0, 15)],
  ['far larger than allowed once it is decoded', 'gzip', gzipSync(Buffer.alloc(3 * 1024 * 1024))],
])('a body that is %s cannot be read', async (_what, coding, body) => {
  const raw = await rawServer((socket) => {
    socket.write(`HTTP/1.1 201 Created\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`)
    socket.write(body)
  })
  expect(await errorOf(http().send(post(raw.url()), call()))).toMatchObject({ code: 502, outcomeUnknown: true })
})

test('returns the status, the headers in lower case and the body', async () => {
  const raw = await rawServer((socket) =>
    socket.write('HTTP/1.1 418 Teapot\r\nX-Kind: Pot\r\nRetry-After: 7\r\nContent-Length: 3\r\n\r\ntea'),
  )
  const answer = await http().send(post(raw.url('/a?b=c'), { headers: { 'x-ours': 'yes' } }), call())
  expect(answer).toMatchObject({ status: 418, headers: { 'x-kind': 'Pot' }, retryAfterMs: 7000, writes: true })
  expect(answer.body.toString()).toBe('tea')
  expect(raw.requests[0]).toMatch(/^POST \/a\?b=c HTTP\/1\.1\r\n/)
  expect(raw.requests[0]).toContain('x-ours: yes')
})

test('keeps the connection for the next request', async () => {
  const raw = await rawServer((socket) => socket.write(ok))
  const client = http({ connections: 1 })
  await client.send(post(raw.url()), call())
  await client.send(post(raw.url()), call())
  expect(raw.requests).toHaveLength(2)
  expect(raw.sockets).toHaveLength(1)
})

test.each(['GET', 'POST'] as const)(
  'a question by %s is asked past a cache that answers it for a minute',
  async (method) => {
    let made = 0
    let cached: string | undefined
    // as HAPI FHIR does: kept by its address, unless the client objects
    const raw = await rawServer((socket, request) => {
      const asks = request.includes(' /search')
      if (!asks) made++
      const now = `{"total":${made}}`
      const body = asks && !/^cache-control: no-cache\r$/im.test(request) ? (cached ??= now) : now
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    })
    const client = http({ connections: 1 })
    const question: HttpRequest = {
      method,
      url: raw.url('/search'),
      writes: false,
      ...(method === 'POST' && { body: 'a=b' }),
    }
    expect(jsonOf(await client.send(question, call()))).toEqual({ total: 0 })
    await client.send(post(raw.url('/Encounter')), call())
    expect(jsonOf(await client.send(question, call()))).toEqual({ total: 1 })
  },
)

const goOn = 'HTTP/1.1 100 Continue\r\n\r\n'

test.each([
  ['before the answer', [goOn, ok]],
  ['together with it', [goOn + ok]],
  ['twice, with fields', [`HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n${goOn}`, ok]],
  ['in pieces', ['HTTP/1.', '1 100 Con', 'tinue\r\n', '\r', '\nHTTP/1.1 2', '00 OK\r\nContent-Length: 2\r\n\r\n{}']],
])('an unasked 100 Continue is no answer: %s', async (_how, pieces) => {
  const raw = await rawServer((socket) => {
    socket.setNoDelay()
    // each piece once the one before has surely been read by itself
    const [first = '', ...rest] = pieces
    socket.write(first)
    rest.forEach((piece, n) => setTimeout(() => socket.write(piece), 15 * (n + 1)))
  })
  const client = http({ connections: 1 })
  for (const _ of [1, 2]) expect(await client.send(post(raw.url()), call())).toMatchObject({ status: 200 })
  expect(raw.sockets).toHaveLength(1)
})

test('an answer that begins like a 100 Continue and is none is read as it is', async () => {
  const body = 'HTTP/1.1 201 Created'
  const raw = await rawServer((socket) =>
    socket.write(`HTTP/1.1 150 ?\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
  )
  const answer = await http().send(post(raw.url()), call())
  expect(answer.body.toString()).toBe(body)
})

test('a server that ends each connection after its answer, without a word, gets one request per connection', async () => {
  const raw = await rawServer((socket) => socket.write(ok, () => setTimeout(() => socket.end(), 2)))
  const client = http({ connections: 2 })
  await client.send(post(raw.url()), call())
  await once(raw.sockets[0] as Socket, 'close')
  const sent = Array.from({ length: 60 }, () => client.send(post(raw.url()), call()))
  expect((await Promise.all(sent)).every(({ status }) => status === 200)).toBe(true)
  expect(raw.sockets).toHaveLength(61)
  expect(raw.requests.at(-1)).toContain('connection: close\r\n')
})

test('sends nothing after its time by the clock, although its signal has not fired', async () => {
  const raw = await rawServer((socket) => socket.write(ok))
  const late = { ...call(), isLate: () => true }
  await expect(http().send(post(raw.url()), late)).rejects.toMatchObject({ code: 502, outcomeUnknown: false })
  expect(raw.requests).toEqual([])
})

test('returns a redirect instead of following it', async () => {
  const raw = await rawServer((socket) =>
    socket.write('HTTP/1.1 307 Go\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n'),
  )
  expect((await http().send(post(raw.url()), call())).status).toBe(307)
  expect(raw.requests).toHaveLength(1)
})

test('takes the answer that follows an early hint', async () => {
  const raw = await rawServer((socket) => socket.write(`HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n${ok}`))
  const answer = await http().send(post(raw.url()), call())
  expect(answer.status).toBe(200)
  expect(answer.body.toString()).toBe('{}')
})

test('knows that nothing was sent when the port is closed', async () => {
  const raw = await rawServer(() => {})
  const url = raw.url()
  raw.server.close()
  await once(raw.server, 'close')
  opened.pop()
  const error = await errorOf(http().send(post(url), call()))
  expect(error).toMatchObject({ code: 502, outcomeUnknown: false, retry: true })
  expect(error.message).toBe('the EMR could not be reached: it refuses connections')
})

test('knows that nothing was sent when the name does not resolve', async () => {
  const error = await errorOf(http().send(post(new URL('http://emr.invalid/')), call()))
  expect(error).toMatchObject({ code: 502, outcomeUnknown: false })
  expect(error.message).toBe('the EMR could not be reached: its name cannot be resolved')
})

test('knows that nothing was sent when the TLS handshake is not answered in time', async () => {
  const raw = await rawServer(() => {})
  const error = await errorOf(http({ connectTimeoutMs: 50 }).send(post(raw.url('/', 'https')), call()))
  expect(error).toMatchObject({ code: 502, outcomeUnknown: false })
  expect(error.message).toBe('the EMR could not be reached: it does not take connections')
})

test('knows that nothing was sent when the other side does not speak TLS', async () => {
  const raw = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const error = await errorOf(http().send(post(raw.url('/', 'https')), call()))
  expect(error).toMatchObject({ code: 502, outcomeUnknown: false })
  expect(error.message).toBe('the EMR could not be reached: the TLS handshake failed')
})

test('knows that nothing was sent when the connection is reset during the TLS handshake', async () => {
  const raw = await rawServer((socket) => socket.resetAndDestroy())
  const error = await errorOf(http().send(post(raw.url('/', 'https')), call()))
  expect(error).toMatchObject({ code: 502, outcomeUnknown: false })
})

test('settles at once when the call ends while it still connects, with nothing sent', async () => {
  const over = new AbortController()
  const raw = await rawServer(() => over.abort())
  const error = await errorOf(http().send(post(raw.url('/', 'https')), call(over.signal)))
  expect(error).toMatchObject({ code: 502, outcomeUnknown: false, message: 'the EMR could not be reached in time' })
})

test('does not send a request whose call was over before a socket was free', async () => {
  const raw = await rawServer((socket, request) => {
    if (!request.includes('/first')) socket.write(ok)
  })
  const client = http({ connections: 1 })
  const first = client.send(post(raw.url('/first')), call())
  const over = new AbortController()
  const second = client.send(post(raw.url('/second')), call(over.signal))
  over.abort()
  expect(await errorOf(second)).toMatchObject({ code: 502, outcomeUnknown: false })
  const third = client.send(post(raw.url('/third')), call())
  await expect.poll(() => raw.sockets.length).toBe(1)
  await expect.poll(() => raw.requests.length).toBe(1)
  raw.sockets[0]?.write(ok)
  await Promise.all([first, third])
  expect(raw.requests.map((request) => request.split(' ')[1])).toEqual(['/first', '/third'])
})

test.each([true, false])('ends a request without an answer as 408 (writes: %s)', async (writes) => {
  const over = new AbortController()
  const raw = await rawServer((socket) => {
    over.abort()
    socket.once('close', () => raw.server.emit('left'))
  })
  const left = once(raw.server, 'left')
  const error = await errorOf(http().send(post(raw.url(), { writes }), call(over.signal)))
  expect(error).toMatchObject({
    code: 408,
    outcomeUnknown: writes,
    retry: true,
    message: 'the EMR did not answer in time',
  })
  await left
})

test('ends an endlessly dripping answer when the call is over', async () => {
  const over = new AbortController()
  let drip: NodeJS.Timeout | undefined
  const raw = await rawServer((socket) => {
    let drops = 0
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
    drip = setInterval(() => (++drops === 5 ? over.abort() : socket.write('x')), 5)
    socket.once('close', () => clearInterval(drip))
  })
  const error = await errorOf(http().send(post(raw.url()), call(over.signal)))
  expect(error).toMatchObject({ code: 408, outcomeUnknown: true })
})

test('distinguishes a shutdown from a time-out, and leaves the outcome unknown in both', async () => {
  const stop = new AbortController()
  const raw = await rawServer(() => stop.abort(new ShutdownError('stopping')))
  const client = http()
  expect(await errorOf(client.send(post(raw.url()), call(stop.signal)))).toMatchObject({
    code: 408,
    outcomeUnknown: true,
    message: 'the gateway stopped before the EMR answered',
  })
  expect(await errorOf(client.send(post(raw.url()), call(stop.signal)))).toMatchObject({
    code: 502,
    outcomeUnknown: false,
    message: 'the gateway stopped before it sent the request',
  })
  expect(raw.requests).toHaveLength(1)
})

const closed = 'the EMR closed the connection without an answer'
const unreadable = "the EMR's answer could not be read"
test.each<[string, (socket: Socket) => void, string]>([
  ['a closed connection', (socket) => socket.end(), closed],
  ['a reset connection', (socket) => socket.resetAndDestroy(), closed],
  ['a body cut short', (socket) => socket.end('HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{'), closed],
  ['garbage', (socket) => socket.write('HELLO Jane Doe\r\n\r\n'), unreadable],
  ['too many headers', (socket) => socket.write(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(99_999)}\r\n\r\n`), unreadable],
  [
    'too large a body',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n${'x'.repeat(2000)}`),
    unreadable,
  ],
])('calls the outcome of a write unknown, but not of a read, after %s', async (_name, answer, message) => {
  const raw = await rawServer(answer)
  const client = http()
  for (const writes of [true, false]) {
    const error = await errorOf(client.send(post(raw.url(), { writes, maxAnswerBytes: 1024 }), call()))
    expect(error).toMatchObject({ code: 502, outcomeUnknown: writes, retry: true, message })
  }
})

test('reads no more than the maximum size of an answer', async () => {
  const raw = await rawServer((socket) => {
    socket.once('close', () => raw.server.emit('left'))
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const more = () => {
      while (socket.writable && socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`));
    }
    socket.on('drain', more)
    more()
  })
  const left = once(raw.server, 'left')
  expect(await errorOf(http().send(post(raw.url()), call()))).toMatchObject({ code: 502, outcomeUnknown: true })
  await left
})

test('fails with an internal fault when a header cannot be written, and sends nothing', async () => {
  const raw = await rawServer((socket) => socket.write(ok))
  const error = await errorOf(http().send(post(raw.url(), { headers: { 'x-a': 'secret\r\nx-b: c' } }), call()))
  expect(error).toMatchObject({ code: 500, outcomeUnknown: false, retry: false })
  expect(error.message).not.toContain('secret')
  expect(raw.requests).toHaveLength(0)
})

test('closing ends requests under way', async () => {
  const raw = await rawServer(() => raw.server.emit('asked'))
  const client = http()
  const asked = once(raw.server, 'asked')
  const error = errorOf(client.send(post(raw.url()), call()))
  await asked
  await client.close()
  expect(await error).toMatchObject({ code: 502, outcomeUnknown: true })
})

test('reads Retry-After as seconds or as a date', () => {
  const now = Date.parse('2025-01-01T00:00:00Z')
  expect(retryAfterMs('2', now)).toBe(2000)
  expect(retryAfterMs('Wed, 01 Jan 2025 00:01:00 GMT', now)).toBe(60_000)
  expect(retryAfterMs('Tue, 31 Dec 2024 00:00:00 GMT', now)).toBe(0)
  for (const bad of [undefined, '', '-1', '1.5', 'soon', '99999999999', 'Wed, soon GMT'])
    expect(retryAfterMs(bad, now)).toBeUndefined()
})

test('never exposes a piece of the answer when it is not JSON', () => {
  const answer = { body: Buffer.from('{"PatientId": Jane Doe}'), writes: true }
  expect(() => jsonOf(answer)).toThrow(new EmrError(502, unreadable, { outcomeUnknown: true }))
  expect(() => jsonAs({ body: Buffer.from('{"a":"Jane"}'), writes: false }, Type.Object({ a: Type.Number() }))).toThrow(
    unreadable,
  )
  expect(jsonOf({ body: Buffer.from('\uFEFF{"a":1}'), writes: true })).toEqual({ a: 1 })
})

test('builds paths below a base URL with a path of its own, with and without a trailing slash', () => {
  expect(urlBelow('http://emr/api', 'encounters', { a: 'b&c' }).href).toBe('http://emr/api/encounters?a=b%26c')
  expect(urlBelow('http://emr/api/', 'encounters').href).toBe('http://emr/api/encounters')
  expect(urlBelow('http://emr', 'encounters').href).toBe('http://emr/encounters')
})

test('accepts as a base URL only an address', () => {
  const pattern = new RegExp(BaseUrl.pattern ?? '')
  for (const good of [
    'http://127.0.0.1:4010',
    'https://fhir.example.org/r4/',
    'http://sandbox_emr:80',
    'http://[::1]:4010/a',
  ]) {
    expect(good).toMatch(pattern)
  }
  for (const bad of [
    'ftp://emr',
    'http://',
    'http://user:secret@emr',
    'http://emr/?a=b',
    'http://emr/#a',
    'http://emr:port',
    'emr',
  ]) {
    expect(bad).not.toMatch(pattern)
  }
})

test('sends the token before LoginId and Password, and no token that would break the header', () => {
  expect(authorizationOf({ loginId: 'joe', password: 'a:ü' })).toEqual({
    authorization: `Basic ${Buffer.from('joe:a:ü').toString('base64')}`,
  })
  expect(authorizationOf({ loginId: 'joe', authorizationToken: 'abc' })).toEqual({ authorization: 'Bearer abc' })
  expect(authorizationOf({})).toEqual({})
  expect(() => authorizationOf({ authorizationToken: 'a\r\nb' })).toThrow(EmrError)
  expect(() => authorizationOf({ loginId: 'a:b', password: 'c' })).toThrow(EmrError)
})
