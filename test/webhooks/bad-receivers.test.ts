import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { paced, PATIENCE } from '../fixtures/pace.ts'
import { openDeliveringGateway, openReceiver } from './delivering-gateway.ts'

const gateway = () => openDeliveringGateway(1)
const GIGABYTE = 2 ** 30
/** The kernel's buffers of both ends included. */
const FEW_BYTES = 32 * 2 ** 20

/** Delivers one message to a receiver, once, and returns how that ended. */
async function tryOnce(answer: (response: ServerResponse) => void, timeoutMs = paced(5_000)) {
  const [at, to] = [await gateway(), await openReceiver(answer)]
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host], timeoutMs, retryScheduleMs: [] })
  const jobId = await at.finishJob()
  deliveries.poke()
  const over = async () => (await at.records.deliveries.get('ep_config', `msg_${jobId}_1`))?.status ?? ''
  await expect.poll(over, PATIENCE).toMatch(/Delivered|Failed/)
  const delivery = await at.records.deliveries.get('ep_config', `msg_${jobId}_1`)
  return { status: delivery?.status, try: delivery?.tries.at(-1), received: to.received }
}

/** Writes to a socket as fast as it takes it, for ever. */
function flood(socket: Socket, chunk: Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', more)
  more()
}

/** Writes these bytes one at a time, over and over. */
function drip(socket: Socket, text: string): void {
  let at = 0
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 5)
  socket.on('close', () => clearInterval(timer))
}

function socketOf(response: ServerResponse): Socket {
  if (!response.socket) throw new Error('the connection is closed')
  response.socket.on('error', () => undefined)
  return response.socket
}

test.for([200, 500])('a gigabyte in the answer of a %i is not read', async (status) => {
  let socket: Socket | undefined
  const ended = await tryOnce((response) => {
    socket = socketOf(response)
    response.writeHead(status, { 'content-length': GIGABYTE }).flushHeaders()
    flood(socket, Buffer.alloc(65_536))
  })
  expect(ended.try).toMatchObject({ status })
  await expect.poll(() => socket?.destroyed, PATIENCE).toBe(true)
  expect(socket?.bytesWritten).toBeLessThan(FEW_BYTES)
})

test('headers without end are not read to the end', async () => {
  let socket: Socket | undefined
  const ended = await tryOnce((response) => {
    socket = socketOf(response)
    socket.write('HTTP/1.1 200 OK\r\n')
    flood(socket, Buffer.from(`x-more: ${'y'.repeat(1_000)}\r\n`.repeat(64)))
  })
  expect(ended.try).toMatchObject({ failure: 'endpoint could not be reached' })
  expect(socket?.bytesWritten).toBeLessThan(FEW_BYTES)
})

test.for([
  ['its status line', 'HTTP/1.1 200 OK'],
  ['header after header', 'HTTP/1.1 200 OK\r\n'],
  ['interim answers', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
])('a receiver that drips %s is given up after the time-out', async ([what, begin]) => {
  const ended = await tryOnce((response) => {
    const socket = socketOf(response)
    if (what === 'header after header') socket.write(begin ?? '')
    drip(socket, what === 'header after header' ? 'x-a: b\r\n' : (begin ?? ''))
  }, 300)
  expect(ended).toMatchObject({ status: 'Failed', try: { failure: 'endpoint did not answer in time' } })
})

test('a receiver that drips the body of a 2xx has the message', async () => {
  const ended = await tryOnce((response) => {
    response.writeHead(200).flushHeaders()
    drip(socketOf(response), '1\r\na\r\n')
  })
  expect(ended).toMatchObject({ status: 'Delivered', try: { status: 200 } })
  expect(ended.try?.ms).toBeLessThan(paced(4_000))
})

test('a receiver that closes in the middle of the body of a 2xx has the message', async () => {
  const ended = await tryOnce((response) => {
    response.writeHead(200, { 'content-length': 100 }).write('0123456789', () => response.destroy())
  })
  expect(ended).toMatchObject({ status: 'Delivered', try: { status: 200 } })
})

test.for([
  ['closes without an answer', ''],
  ['closes in the middle of the headers', 'HTTP/1.1 200 OK\r\nx-'],
  ['does not speak HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
])('a receiver that %s does not have it', async ([, text = '']) => {
  const ended = await tryOnce((response) => void socketOf(response).end(text))
  expect(ended).toMatchObject({ status: 'Failed', try: { failure: 'endpoint could not be reached' } })
})

test('a POST that takes longer than a lease is made once, also with a second worker that looks for work', async () => {
  const at = await gateway()
  let answer = () => {}
  const to = await openReceiver((response) => (answer = () => void response.writeHead(204).end()))
  const first = at.deliver(to.endpoint, { allowHosts: [to.host] })
  at.deliver(to.endpoint, { allowHosts: [to.host] })
  const jobId = await at.finishJob()
  first.poke()
  await to.nth(1)
  const key = `eg:{hooks.${at.application}}:busy:ep_config`
  const leaseEnd = async () => Number((await at.redis.zrange(key, '0', '-1', 'WITHSCORES'))[1])
  const before = await leaseEnd()
  await expect.poll(leaseEnd, PATIENCE).toBeGreaterThan(before + 1_500)
  answer()
  await at.became('Delivered', jobId)
  expect(to.received).toHaveLength(1)
})

test('a lane that an endpoint has left behind is forgotten by the next worker that sees it', async () => {
  const at = await gateway()
  await at.records.lanes.open('ep_orphan')
  const deliveries = at.deliver(undefined)
  await at.finishJob()
  deliveries.poke()
  await expect.poll(() => at.records.lanes.state('ep_orphan', {}), PATIENCE).toBeUndefined()
  await deliveries.close()
  onTestFinished(async () => expect(await at.redis.keys(`eg:{hooks.${at.application}}:*ep_orphan*`)).toEqual([]))
})
