import { newJobId } from '@encounter-gateway/shared/job-id.ts'
import { packPayload } from '@encounter-gateway/shared/payload.ts'
import { acceptEncounter } from '@encounter-gateway/shared/queue.ts'
import { expect, test } from 'vitest'
import { created, failed, minimalRequest, openIngress } from './fixtures/ingress.ts'

test('an acceptance that reaches Redis twice does not bring a job back that has ended in between', async () => {
  await using gateway = await openIngress()
  const { queue, records, settings } = gateway.connection
  const jobId = newJobId(settings)
  const plain = packPayload({ credentials: {}, verbose: false }, Buffer.from(JSON.stringify(minimalRequest)))
  const accept = () =>
    acceptEncounter(gateway.redis, queue, records, {
      jobId,
      routing: { application: gateway.names.demo },
      plain,
      idempotency: [],
    })
  expect(await accept()).toEqual({ kind: 'new', jobId })
  await gateway.finish(jobId, created)
  expect(await accept()).toEqual({ kind: 'new', jobId })
  expect(await gateway.redis.exists(records.keys.payload(jobId))).toBe(0)
  expect(await gateway.redis.zscore(records.keys.pending, jobId)).toBeNull()
})

test('an Idempotency-Key is kept through a new round, however short results are kept', async () => {
  await using gateway = await openIngress({ retention: { resultHours: 0.01 } })
  const { keys } = gateway.connection.records
  const jobId = await gateway.accept({ 'Idempotency-Key': 'k' })
  await gateway.finish(jobId, failed)
  expect(await gateway.redis.pttl(keys.idempotency(jobId))).toBeLessThanOrEqual(36_000)
  expect((await gateway.send('POST', `/api/v1/Jobs/${jobId}/Retry`)).statusCode).toBe(202)
  const [kept, payload] = [
    await gateway.redis.pttl(keys.idempotency(jobId)),
    await gateway.redis.pttl(keys.payload(jobId)),
  ]
  expect(Math.abs(kept - payload)).toBeLessThan(1_000)
})
