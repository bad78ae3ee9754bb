import type { Batch } from '@encounter-gateway/shared/contract/batch.ts'
import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { minimalRequest, openIngress, type Ingress } from '../fixtures/ingress.ts'

const path = '/api/v1/Sandbox/PatientEncounters/Batch'
const lines = Array.from({ length: 3 }, (_, at) => `${JSON.stringify({ ...minimalRequest, PatientId: `P${at}` })}\n`)

let gateway: Ingress
beforeAll(async () => {
  gateway = await openIngress()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const upload = (key: string, payload: string) =>
  gateway.app.inject({
    method: 'POST',
    url: path,
    headers: { ...gateway.headers, 'Content-Type': 'application/x-ndjson', 'Idempotency-Key': key },
    payload,
  })
const read = async (batchId: string) => (await gateway.get(`/api/v1/Batches/${batchId}`)).json<Batch>()

/** An upload of which two lines came and no end, closed as the workers' sweep would. */
async function abandonedUpload(key: string): Promise<string> {
  const { keys } = gateway
  const { batches } = gateway.connection.records
  const { BatchId } = (await upload(key, lines.slice(0, 2).join(''))).json<Batch>()
  await gateway.redis.hdel(keys.batch(BatchId), 'receivedAt')
  expect(await read(BatchId)).toMatchObject({ Status: 'Receiving', Items: 2 })
  await gateway.redis.zadd(keys.receiving, 0, BatchId)
  await gateway.redis.hset(keys.batch(BatchId), 'uploadedAt', Date.now() - 1_000)
  expect(await batches.abandoned(500, 10)).toEqual({ looked: 1, closed: [BatchId] })
  return BatchId
}

test('an abandoned upload says so, takes no further line and names itself in the refusal', async () => {
  const batchId = await abandonedUpload('takes no more')
  const abandoned = await read(batchId)
  expect(abandoned).toMatchObject({ Status: 'Running', Abandoned: true, Items: 2 })
  expect(abandoned).not.toHaveProperty('ReceivedAt')
  const again = await upload('takes no more', lines.join(''))
  expect(again.statusCode).toBe(409)
  expect(again.json<Problem>()).toMatchObject({
    type: 'urn:encounter-gateway:problem:conflict',
    detail: expect.stringContaining('closed after 2 items') as string,
    BatchId: batchId,
  })
  expect(await read(batchId)).toEqual(abandoned)
})

test('an abandoned upload that had all its lines is whole once it is sent again', async () => {
  const batchId = await abandonedUpload('had all')
  const again = await upload('had all', lines.slice(0, 2).join(''))
  expect([again.statusCode, again.json<Batch>().BatchId]).toEqual([202, batchId])
  const whole = await read(batchId)
  expect(whole).toMatchObject({ Status: 'Running', ReceivedAt: expect.any(String) as string })
  expect(whole).not.toHaveProperty('Abandoned')
})
