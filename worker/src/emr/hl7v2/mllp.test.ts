import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EmrError } from '../emr-error.ts'
import { openMllp, type Mllp } from './mllp.ts'

const patience = () => ({ signal: AbortSignal.timeout(10_000) })
const known = { code: 502, retry: true, outcomeUnknown: false }
const unknown = { code: 502, retry: true, outcomeUnknown: true }

/** Takes the given text as the answer to `message`. */
const echo = (message: string) => (answer: Buffer) => (String(answer) === message ? message : undefined)

let server: Server
let sockets: Socket[]
let mllp: Mllp
/** What the server does with each message. */
let answer: (socket: Socket, message: string) => void
const framed = (message: string) => `\x0b${message}\x1c\r`

beforeEach(async () => {
  sockets = []
  answer = (socket, message) => socket.write(framed(message))
  server = createServer((socket) => {
    sockets.push(socket)
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      text += String(chunk)
      const messages = text.split('\x1c\r')
      text = messages.pop() ?? ''
      for (const message of messages) answer(socket, message.slice(1))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  mllp = open()
})
afterEach(async () => {
  mllp.close()
  for (const socket of sockets) socket.destroy()
  if (!server.listening) return
  server.close()
  await once(server, 'close')
})

function open(settings: { connections?: number; idleMs?: number } = {}): Mllp {
  const { port } = server.address() as AddressInfo
  const address = { host: '127.0.0.1', port, tls: undefined }
  return openMllp({ address, connections: 4, idleMs: 30_000, ...settings })
}

const send = (message: string, call: { signal: AbortSignal; isLate?: () => boolean; probes?: boolean } = patience()) =>
  mllp.exchange(Buffer.from(message), call, echo(message))

async function errorOf(promise: Promise<unknown>): Promise<EmrError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(EmrError)
  return error as EmrError
}

test('sends one message after another over one connection', async () => {
  for (const message of ['one', 'two', 'three']) expect(await send(message)).toBe(message)
  expect(sockets).toHaveLength(1)
})

test('a probe goes over a connection of its own, so a dead one from before takes no message', async () => {
  expect(await send('one')).toBe('one')
  const probe = { ...patience(), probes: true }
  expect(await send('two', probe)).toBe('two')
  expect(sockets).toHaveLength(2)
  // nobody takes connections any more: nothing was sent
  for (const socket of sockets) socket.pause()
  server.close()
  expect(await errorOf(send('three', probe))).toMatchObject({
    ...known,
    unspent: 'unreachable',
  })
})

test('sends nothing after its time by the clock, although its signal has not fired', async () => {
  const arrived: string[] = []
  answer = (_socket, message) => arrived.push(message)
  const late = { signal: AbortSignal.timeout(5_000), isLate: () => true }
  expect(await errorOf(send('late', late))).toMatchObject({ code: 502, outcomeUnknown: false })
  expect(arrived).toEqual([])
})

test('has one message in flight per connection and at most the allowed connections', async () => {
  mllp.close()
  mllp = open({ connections: 2 })
  const held: (() => void)[] = []
  const arrived: string[] = []
  answer = (socket, message) => {
    arrived.push(message)
    held.push(() => socket.write(framed(message)))
  }
  const sent = ['a', 'b', 'c', 'd', 'e'].map((message) => send(message))
  await expect.poll(() => arrived).toHaveLength(2)
  for (let each = 0; each < 5; each++) {
    await expect.poll(() => held.length).toBeGreaterThan(0)
    held.shift()?.()
  }
  expect(await Promise.all(sent)).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(sockets).toHaveLength(2)
})

test('a message whose time has passed before a connection is free is not sent', async () => {
  mllp.close()
  mllp = open({ connections: 1 })
  const arrived: string[] = []
  answer = (_socket, message) => arrived.push(message)
  const time = new AbortController()
  const first = errorOf(send('first', { signal: time.signal }))
  await expect.poll(() => arrived).toHaveLength(1)
  expect(await errorOf(send('second', { signal: AbortSignal.timeout(50) }))).toMatchObject(known)
  time.abort()
  expect(await first).toMatchObject({ code: 408, outcomeUnknown: true })
  answer = (socket, message) => socket.write(framed(message))
  expect(await send('third')).toBe('third')
  expect(arrived).toEqual(['first'])
})

test('a connection that the other side closed while it was idle is not used again', async () => {
  await send('one')
  const [socket] = sockets
  socket?.end()
  await once(socket ?? server, 'close')
  expect(await send('two')).toBe('two')
  expect(sockets).toHaveLength(2)
})

test('a reset after bytes were written on a connection used before leaves the outcome unknown', async () => {
  await send('one')
  answer = (socket) => socket.resetAndDestroy()
  expect(await errorOf(send('two'))).toMatchObject(unknown)
  answer = (socket, message) => socket.write(framed(message))
  expect(await send('three')).toBe('three')
})

test('a receiver that ends its half without an answer fails the exchange at once', async () => {
  answer = (socket) => socket.end()
  expect(await errorOf(send('one'))).toMatchObject(unknown)
})

test('an answer in pieces, and after one of another message in the same chunk, is found', async () => {
  answer = (socket, message) => {
    const bytes = Buffer.from(framed('an older one') + framed(message))
    socket.write(bytes.subarray(0, 20))
    setImmediate(() => socket.write(bytes.subarray(20)))
  }
  expect(await send('one')).toBe('one')
  expect(await send('two')).toBe('two')
  expect(sockets).toHaveLength(1)
})

test('waits for a dripping answer until the signal, and no longer', async () => {
  answer = (socket) => {
    socket.write('\x0b')
    const timer = setInterval(() => socket.write('x'), 10)
    socket.once('close', () => clearInterval(timer))
  }
  expect(await errorOf(send('one', { signal: AbortSignal.timeout(100) }))).toMatchObject({
    code: 408,
    outcomeUnknown: true,
  })
})

test.each([
  ['no MLLP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['too large', framed('x'.repeat(65_537))],
  ['too large and without an end', `\x0b${'x'.repeat(65_537)}`],
])('an answer that is %s leaves the outcome unknown', async (_what, bytes) => {
  answer = (socket) => socket.write(bytes)
  expect(await errorOf(send('one'))).toMatchObject(unknown)
})

test('the CR of a frame may come after its message was taken', async () => {
  answer = (socket, message) => {
    socket.write(`\x0b${message}\x1c`)
    setImmediate(() => socket.write('\r'))
  }
  for (const message of ['one', 'two', 'three']) await send(message)
  expect(sockets).toHaveLength(1)
})

test('closes a connection on which an unexpected answer arrives', async () => {
  await send('one')
  sockets[0]?.write(framed('one'))
  await once(sockets[0] ?? server, 'close')
  expect(await send('two')).toBe('two')
  expect(sockets).toHaveLength(2)
})

test('keeps no connection if so configured, and an idle one only for its time', async () => {
  mllp.close()
  mllp = open({ idleMs: 0 })
  await send('one')
  await once(sockets[0] ?? server, 'close')
  mllp.close()
  mllp = open({ idleMs: 20 })
  await send('two')
  await once(sockets[1] ?? server, 'close')
  expect(await send('three')).toBe('three')
})

test('sends nothing to a receiver that is not there', async () => {
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const nowhere = openMllp({ address: { host: '127.0.0.1', port, tls: undefined }, connections: 1, idleMs: 0 })
  const error = await errorOf(nowhere.exchange(Buffer.from('one'), patience(), echo('one')))
  expect(error).toMatchObject({ ...known, message: 'the EMR could not be reached: it refuses connections' })
  expect(await errorOf(nowhere.reach(patience()))).toMatchObject(known)
})

test('sends nothing for a call that is over before it begins', async () => {
  expect(await errorOf(send('one', { signal: AbortSignal.abort() }))).toMatchObject(known)
  expect(sockets).toEqual([])
})

test('closing ends messages in flight, with their outcome unknown, and sends nothing afterwards', async () => {
  const arrived = Promise.withResolvers<void>()
  answer = () => arrived.resolve()
  const first = errorOf(send('first'))
  await arrived.promise
  mllp.close()
  expect(await first).toMatchObject(unknown)
  expect(await errorOf(send('second'))).toMatchObject(known)
})

test('an error thrown while an answer is read ends the exchange, and the text of an unexpected one is withheld', async () => {
  const refusal = new EmrError(400, 'no')
  const refuse = () => {
    throw refusal
  }
  expect(await errorOf(mllp.exchange(Buffer.from('one'), patience(), refuse))).toBe(refusal)
  const fail = () => {
    throw new Error('Jane Doe')
  }
  expect(await errorOf(mllp.exchange(Buffer.from('one'), patience(), fail))).toMatchObject(unknown)
})
