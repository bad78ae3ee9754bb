import { createClient, type Batch, type BatchItem } from '@encounter-gateway/client/index.ts'
import { expect, test } from 'vitest'
import { batchOf, openScriptedGateway, problem, type Answer } from './scripted-gateway.ts'

const clientOf = (baseUrl: string) =>
  createClient({ baseUrl, applicationName: 'demo', applicationKey: 'the key of demo', patienceMs: 20_000 })

const items: BatchItem[] = Array.from({ length: 5 }, (_, ItemIndex) => ({
  ItemIndex,
  Status: 'Succeeded',
  EncounterId: `ü${ItemIndex}`,
}))
const lines = items.map((item) => `${JSON.stringify(item)}\n`).join('')

/** Streams so many bytes of a text, in small pieces, and then breaks off. */
function brokenAfter(bytes: number, type: string, text: string): Answer {
  return ({ response }) => {
    response.writeHead(200, { 'Content-Type': type })
    response.write(Buffer.from(text).subarray(0, bytes), () => response.destroy())
  }
}

function whole(type: string, text: string): Answer {
  return ({ response }) => {
    response.writeHead(200, { 'Content-Type': type })
    for (const byte of Buffer.from(text)) response.write(Buffer.of(byte))
    response.end()
  }
}

test('results that break off go on after the last item that came, none twice and none left out', async () => {
  const type = 'application/x-ndjson'
  await using gateway = await openScriptedGateway(
    brokenAfter(100, type, lines),
    problem(503, 'unavailable', { 'Retry-After': '0' }),
    brokenAfter(220, type, lines),
    whole(type, lines),
  )
  expect(await Array.fromAsync(clientOf(gateway.url).results('b'))).toEqual(items)
  expect(gateway.seen).toHaveLength(4)
})

test('a batch is watched to its end over a connection that breaks, from the last state that was told', async () => {
  const states = [batchOf(3), batchOf(3, { Succeeded: 1 }), batchOf(3, { Status: 'Finished', Succeeded: 3 })] as Batch[]
  const event = (index: number, type: string) =>
    `event: ${type}\r\nid: ${index}\r\ndata: ${JSON.stringify(states[index])}\r\n\r\n`
  const first = `retry: 2000\n\n${event(0, 'progress')}: still here\n\n${event(1, 'progress')}`
  await using gateway = await openScriptedGateway(
    brokenAfter(first.length, 'text/event-stream', first),
    // the same again, as after a restart of the gateway: its half event is not told
    brokenAfter(40, 'text/event-stream', event(2, 'finished')),
    whole('text/event-stream', event(2, 'finished')),
  )
  expect(await Array.fromAsync(clientOf(gateway.url).watchBatch('b'))).toEqual(states)
  expect(gateway.seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1', '1'])
})

test('who stops watching closes the connection', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  await using gateway = await openScriptedGateway(({ response }) => {
    response.on('close', resolve)
    response
      .writeHead(200, { 'Content-Type': 'text/event-stream' })
      .write(`event: progress\nid: 0\ndata: ${JSON.stringify(batchOf(1))}\n\n`)
  })
  for await (const batch of clientOf(gateway.url).watchBatch('b')) {
    expect(batch.Items).toBe(1)
    break
  }
  await closed
})

test('an abort ends watching with its reason', async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  await using gateway = await openScriptedGateway(({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': still here\n\n', () => stop.abort(reason))
  })
  await expect(clientOf(gateway.url).waitForBatch('b', { signal: stop.signal })).rejects.toBe(reason)
})

test('a batch that is not there is an error, not an endless wait', async () => {
  await using gateway = await openScriptedGateway(problem(404, 'not-found'), problem(404, 'not-found'))
  const client = clientOf(gateway.url)
  await expect(Array.fromAsync(client.results('b'))).rejects.toMatchObject({ slug: 'not-found' })
  await expect(client.waitForBatch('b')).rejects.toMatchObject({ slug: 'not-found' })
})
