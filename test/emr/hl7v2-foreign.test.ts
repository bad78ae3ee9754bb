import { Hl7Server, type Hl7Connection, type Hl7MessageEvent } from '@medplum/hl7'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { newJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { Server as NodeHl7Server } from 'node-hl7-server'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { spawnChild } from '../fixtures/child.ts'
import { callFor, errorOf } from '../fixtures/port.ts'
import { useHl7v2 } from './use-hl7v2.ts'
import { visit } from './hl7v2-visit.ts'

const { port, later } = useHl7v2()
/** @medplum/hl7's own, which has a @medplum/core of its own. */
type Hl7Message = Hl7MessageEvent['message']

const nasty = 'pain|^~\\& \r\nPV1|1|O \u000b \u001c end'
const order = (more = {}) => ({
  correlationKey: newJobId({ emrSystem: 'Meditech', emrInstance: 'default' }),
  encounter: visit({ EncounterAlias: 'V100', ReasonForVisit: nasty, ...more }),
  credentials: {},
})

/** @medplum/hl7's server, answering each message with `answer`. */
async function medplum(answer: (message: Hl7Message, connection: Hl7Connection) => void, enhanced = false) {
  const at = await findFreePort()
  const server = new Hl7Server((connection) => {
    connection.addEventListener('message', ({ message }: Hl7MessageEvent) => answer(message, connection))
  })
  await server.start(at, 'utf-8', enhanced)
  later(() => server.stop({ forceDrainTimeoutMs: 0 }))
  return { host: '127.0.0.1', port: at }
}

/** node-hl7-server, answering each message with `code`. */
async function nodeHl7(code: 'AA' | 'AE' | 'AR') {
  const at = await findFreePort()
  const taken: { visit: string; bed: string; segments: number }[] = []
  const inbound = new NodeHl7Server({ bindAddress: '127.0.0.1' }).createInbound({ port: at }, (request, response) => {
    const message = request.getMessage()
    const text = (name: string) => String(message.get(name))
    taken.push({ visit: text('PV1.19.1'), bed: text('PV1.3.3'), segments: message.toString().split('\r').length })
    void response.sendResponse(code)
  })
  await once(inbound, 'listen')
  later(async () => void (await inbound.close()))
  return { address: { host: '127.0.0.1', port: at }, taken }
}

test('@medplum/hl7 accepts an encounter and reads every part of it in its place', async () => {
  const taken: Hl7Message[] = []
  const address = await medplum((message, connection) => {
    taken.push(message)
    connection.send(message.buildAck({ ackCode: 'AA' }))
  })
  const connector = port(address)
  expect(await connector.create(order(), callFor())).toMatchObject({ EncounterId: 'V100', NotCarried: [] })
  const [message] = taken
  // It takes the end of the last segment for the beginning of one without a name.
  expect(message?.segments.map(({ name }) => name)).toEqual(['MSH', 'EVN', 'PID', 'PV1', 'PV2', ''])
  expect(message?.getSegment('PV1')?.getComponent(3, 3)).toBe('1')
  expect(message?.getSegment('PV1')?.getComponent(19, 1)).toBe('V100')
  expect(message?.getSegment('PV2')?.getField(3)?.components).toHaveLength(1)
})

test('@medplum/hl7 keeps one connection for many messages', async () => {
  let connections = new Set<Hl7Connection>()
  const address = await medplum((message, connection) => {
    connections = connections.add(connection)
    connection.send(message.buildAck({ ackCode: 'AA' }))
  })
  const connector = port(address)
  for (let each = 0; each < 5; each++) await connector.create(order(), callFor())
  expect(connections.size).toBe(1)
})

test.each([
  ['AE', { code: 502, retry: true, outcomeUnknown: false }],
  ['AR', { code: 502, retry: false, outcomeUnknown: false }],
] as const)('@medplum/hl7 answers %s', async (ackCode, expected) => {
  const address = await medplum((message, connection) => connection.send(message.buildAck({ ackCode })))
  expect(await errorOf(port(address).create(order(), callFor()))).toMatchObject(expected)
})

test('@medplum/hl7 in enhanced mode: AA after CA counts', async () => {
  const codes: string[] = []
  const address = await medplum((message, connection) => {
    codes.push(message.getSegment('MSH')?.getField(15)?.toString() ?? '')
    connection.send(message.buildAck({ ackCode: 'AA' }))
  }, true)
  const connector = port({ ...address, acknowledgement: 'enhanced' })
  expect(await connector.create(order(), callFor())).toMatchObject({ EncounterId: 'V100' })
  expect(codes).toEqual(['AL'])
})

test('@medplum/hl7 in enhanced mode: CA alone counts only if the site configures it', async () => {
  const address = await medplum(() => undefined, true)
  const connector = port({ ...address, acknowledgement: 'commit' })
  expect(await connector.create(order(), callFor())).toMatchObject({ EncounterId: 'V100' })
  const patient = port({ ...address, acknowledgement: 'enhanced' })
  const error = await errorOf(patient.create(order(), callFor(AbortSignal.timeout(300))))
  expect(error).toMatchObject({ code: 408, outcomeUnknown: true })
})

test.each([
  ['AE', { code: 502, retry: true, outcomeUnknown: false }],
  ['AR', { code: 502, retry: false, outcomeUnknown: false }],
] as const)('node-hl7-server answers %s', async (code, expected) => {
  const { address } = await nodeHl7(code)
  expect(await errorOf(port(address).create(order(), callFor()))).toMatchObject(expected)
})

test('node-hl7-server accepts an encounter', async () => {
  const { address, taken } = await nodeHl7('AA')
  const plain = { ReasonForVisit: 'Chest pain' }
  expect(await port(address).create(order(plain), callFor())).toMatchObject({ EncounterId: 'V100', NotCarried: [] })
  expect(taken).toEqual([{ visit: 'V100', bed: '1', segments: 5 }])
})

test('a value with delimiters, line breaks and block characters makes no segment for node-hl7-server either', async () => {
  const { address, taken } = await nodeHl7('AA')
  await port(address).create(order(), callFor())
  expect(taken).toEqual([{ visit: 'V100', bed: '1', segments: 5 }])
})

test('node-hl7-server, which delivers all messages of a connection again with the next one, needs a connection for each', async () => {
  const reused = await nodeHl7('AA')
  const reusing = port(reused.address)
  for (let each = 0; each < 3; each++) {
    // It answers the earlier messages once more; those are not our answers.
    expect(await reusing.create(order(), callFor())).toMatchObject({ EncounterId: 'V100' })
  }
  expect(reused.taken).toHaveLength(1 + 2 + 3)
  const fresh = await nodeHl7('AA')
  const single = port({ ...fresh.address, idleMs: 0 })
  for (let each = 0; each < 3; each++) await single.create(order(), callFor())
  expect(fresh.taken).toHaveLength(3)
})

const receiver = `
import asyncio, sys, hl7
from hl7.mllp import start_hl7_server
code = sys.argv[1]
async def take(reader, writer):
    while not writer.is_closing():
        try:
            message = await reader.readmessage()
        except asyncio.IncompleteReadError:
            break
        print(len(message), message["PV1.F3.R1.C3"], message["PV1.F19.R1.C1"], ascii(message["PV2.F3.R1.C2"]), flush=True)
        writer.writemessage(message.create_ack(code))
        await writer.drain()
    writer.close()
async def main():
    server = await start_hl7_server(take, host="127.0.0.1", port=0, encoding="utf-8")
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
`
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import hl7.mllp']).status === 0,
)

/** Debian's python3-hl7: its port, and a line for each message. */
async function pythonHl7(code: string) {
  const child = spawnChild(python ?? '', ['-c', receiver, code])
  later(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => String((await lines.next()).value)
  return { address: { host: '127.0.0.1', port: Number(await next()) }, next }
}

test.skipIf(!python)(
  'python3-hl7 accepts encounters over one connection (skipped if it is not installed)',
  async () => {
    const { address, next } = await pythonHl7('AA')
    const connector = port(address)
    for (let each = 0; each < 3; each++) {
      expect(await connector.create(order(), callFor())).toMatchObject({ EncounterId: 'V100', NotCarried: [] })
      expect(await next()).toBe(String.raw`5 1 V100 'pain|^~\\& \r\nPV1|1|O \x0b \x1c end'`)
    }
  },
)

test.skipIf(!python)('python3-hl7 answers AE (skipped if it is not installed)', async () => {
  const { address } = await pythonHl7('AE')
  const error = await errorOf(port(address).create(order(), callFor()))
  expect(error).toMatchObject({ code: 502, retry: true, outcomeUnknown: false })
})
