import { newJobId } from '@encounter-gateway/shared/sealing/job-id.ts'
import { packPayload } from '@encounter-gateway/shared/sealing/payload.ts'
import { expect, test } from 'vitest'
import { created, failed, minimalRequest, openIngress } from '../fixtures/ingress.ts'

test('an acceptance that reaches Redis twice does not restore a job that has ended in between', async () => {
  await using gateway = await openIngress()
  const { keys, connection } = gateway
  const { settings } = connection
  const jobId = newJobId(settings)
  const plain = packPayload({ credentials: {}, verbose: false }, Buffer.from(JSON.stringify(minimalRequest)))
  const accept = () =>
    gateway.acceptNamed({
      jobId,
      application: gateway.names.demo,
      plain,
      idempotency: [],
    })
  expect(await accept()).toMatchObject({ kind: 'new', jobId })
  await gateway.finish(jobId, created)
  expect(await accept()).toMatchObject({ kind: 'new', jobId })
  expect(await gateway.redis.exists(keys.payload(jobId))).toBe(0)
  expect(await gateway.redis.zscore(keys.pending, jobId)).toBeNull()
})

test('an Idempotency-Key is kept through a new round, however short results are kept', async () => {
  await using gateway = await openIngress({ retention: { resultHours: 0.01 } })
  const { keys } = gateway
  const jobId = await gateway.accept({ 'Idempotency-Key': 'k' })
  const [record = ''] = await gateway.redis.keys(`${keys.idempotency('')}*`)
  // no expiry, or a job that waits longer than its payload is kept would be forgotten by its key
  expect(await gateway.redis.pttl(record)).toBe(-1)
  await gateway.finish(jobId, failed)
  const left = await gateway.redis.pttl(record)
  expect([left > 0, left <= 36_000]).toEqual([true, true])
  expect((await gateway.send('POST', `/api/v1/Jobs/${jobId}/Retry`)).statusCode).toBe(202)
  expect(await gateway.redis.pttl(record)).toBe(-1)
  await gateway.finish(jobId, created)
  expect(await gateway.redis.pttl(record)).toBeGreaterThan(0)
})

test('requests that arrive together are each accepted separately, and a key that occurs twice among them names one job', async () => {
  await using gateway = await openIngress()
  const { keys, connection, acceptNamed } = gateway
  const { settings, records } = connection
  const requests = Array.from({ length: 250 }, (_, index) => {
    const jobId = newJobId(settings)
    const plain = packPayload(
      { credentials: {}, verbose: false },
      Buffer.from(JSON.stringify({ ...minimalRequest, index })),
    )
    return { jobId, application: gateway.names.demo, plain, idempotency: [] }
  })
  const twice = newJobId(settings)
  const named = {
    ...requests[0],
    jobId: twice,
    idempotency: [{ name: 'k', fingerprint: 'k1:a' }],
  } as (typeof requests)[0]
  const accepted = await Promise.all([...requests, named, named].map(acceptNamed))

  expect(accepted.slice(0, 250).map(({ jobId }) => jobId)).toEqual(requests.map(({ jobId }) => jobId))
  expect(accepted.slice(250)).toMatchObject([
    { kind: 'new', jobId: twice },
    { kind: 'known', jobId: twice, sameContent: true },
  ])
  expect(await records.queue.getWaitingCount()).toBe(251)
  expect(await gateway.redis.zcard(keys.pending)).toBe(251)
  expect(await gateway.redis.hget(keys.depth, gateway.names.demo)).toBe('251')
  const [last] = requests.slice(-1)
  const stored = await gateway.redis.getBuffer(keys.payload(last?.jobId ?? ''))
  const opened = records.jobs.openPayload(last?.jobId ?? '', gateway.names.demo, stored ?? Buffer.alloc(0))
  expect(opened.toString()).toContain('"index":249')
  expect((await records.queue.getJob(last?.jobId ?? ''))?.data).toEqual({ application: gateway.names.demo })
})
