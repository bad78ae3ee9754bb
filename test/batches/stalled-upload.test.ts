import type { Batch, BatchItem } from '@encounter-gateway/shared/contract/batch.ts'
import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { constants, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { minimalRequest, openIngress, type Ingress } from '../fixtures/ingress.ts'
import { paced } from '../fixtures/pace.ts'

const path = '/api/v1/Sandbox/PatientEncounters/Batch'
const STALL_MS = 1_000
const ALL = 1_000
const BEFORE = 573
const lines = Array.from({ length: ALL }, (_, at) => JSON.stringify({ ...minimalRequest, PatientId: `P${at}` }))
/** What arrives before the silence: it ends in the middle of a line. */
const beginning = Buffer.from(`${lines.slice(0, BEFORE).join('\n')}\n{"User`)

let gateway: Ingress
beforeAll(async () => {
  gateway = await openIngress({ uploadStallMs: STALL_MS })
  await gateway.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const typed = { 'content-type': 'application/x-ndjson' }
const itemsOf = async (batchId: string) => {
  const { body } = await gateway.get(`/api/v1/Batches/${batchId}/Results`)
  return body
    .split('\n')
    .slice(0, -1)
    .map((text) => JSON.parse(text) as BatchItem)
}

/** Sends the beginning of an upload over a socket and then nothing; returns the api's answer. */
async function uploadThatStalls(sent: Buffer, headers: Record<string, string>) {
  const { port } = gateway.app.server.address() as AddressInfo
  const upload = httpRequest({ port, path, method: 'POST', headers: { ...gateway.headers, ...typed, ...headers } })
  upload.on('error', () => undefined)
  upload.write(sent)
  const [reply] = (await once(upload, 'response')) as [IncomingMessage]
  const problem = (await json(reply)) as Problem
  upload.destroy()
  return { status: reply.statusCode, location: reply.headers.location, problem }
}

test.for([
  ['as it is', {}, beginning],
  ['gzipped', { 'content-encoding': 'gzip' }, gzipSync(beginning, { finishFlush: constants.Z_SYNC_FLUSH })],
] as const)(
  'an upload (%s) that stalls ends with what arrived before, and sent again adds only the rest',
  async ([name, coding, sent]) => {
    const key = { 'Idempotency-Key': `stalls ${name}` }
    const { status, problem, location = '' } = await uploadThatStalls(sent, { ...key, ...coding })
    expect([status, problem.type]).toEqual([408, 'urn:encounter-gateway:problem:upload-stalled'])
    const came = (await gateway.get(location)).json<Batch>()
    expect(came).toMatchObject({ Status: 'Receiving', Items: BEFORE, Accepted: BEFORE, Rejected: 0 })
    const before = await itemsOf(came.BatchId)

    const headers = { ...gateway.headers, ...typed, ...key }
    const again = await gateway.app.inject({ method: 'POST', url: path, headers, payload: lines.join('\n') })
    expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([202, 'true'])
    const whole = { BatchId: came.BatchId, Status: 'Running', Items: ALL, Accepted: ALL, Rejected: 0 }
    expect(again.json<Batch>()).toMatchObject(whole)
    const after = await itemsOf(came.BatchId)
    expect(after.slice(0, BEFORE).map(({ JobId }) => JobId)).toEqual(before.map(({ JobId }) => JobId))
    expect(new Set(after.map(({ JobId }) => JobId)).size).toBe(ALL)
  },
)

test.for([
  ['as it is', {}, beginning],
  ['gzipped', { 'content-encoding': 'gzip' }, gzipSync(beginning, { finishFlush: constants.Z_SYNC_FLUSH })],
] as const)(
  'a client that hangs up during an upload (%s) is not a fault of the gateway',
  async ([name, coding, sent]) => {
    const key = { 'Idempotency-Key': `hangs up ${name}` }
    const { port } = gateway.app.server.address() as AddressInfo
    const headers = { ...gateway.headers, ...typed, ...key, ...coding }
    const upload = httpRequest({ port, path, method: 'POST', headers })
    upload.on('error', () => undefined)
    upload.write(sent)
    const before = gateway.logLines.length
    const items = async () =>
      (await gateway.get(path, { ...gateway.headers, ...key })).json<Partial<Batch>>().Items ?? 0
    await expect.poll(items, { timeout: paced(10_000) }).toBeGreaterThanOrEqual(500)
    upload.destroy()
    const said = (what: string) => gateway.logLines.slice(before).filter((line) => line.includes(what))
    await expect.poll(() => said('upload.brokenOff'), { timeout: paced(10_000) }).toHaveLength(1)
    expect([...said('request.fault'), ...said('redis.outOfReach')]).toEqual([])
  },
)
