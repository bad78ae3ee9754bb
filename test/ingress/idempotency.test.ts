import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { expect, test } from 'vitest'
import { created, minimalRequest, newSealingKey, openIngress } from '../fixtures/ingress.ts'

type Reply = { statusCode: number; headers: Record<string, unknown>; json(): { JobId: string; Status: string } }
const told = (reply: Reply) => [reply.statusCode, reply.json().JobId, reply.headers['idempotency-replayed']]

test('the same key and content name the same job, however they are written', async () => {
  await using gateway = await openIngress()
  const body = { ...minimalRequest, Encounter: { ReasonForVisit: 'cough', FinancialNumber: '7' } }
  const first = await gateway.post(body, { 'Idempotency-Key': 'order 7' })
  const rewritten = {
    Encounter: { FinancialNumber: '7', GuarantorId: null, ReasonForVisit: 'cough' },
    PatientId: 'p',
    UserId: 'u',
    Password: 'another',
  }
  const again = await gateway.post(rewritten, { 'Idempotency-Key': '"order 7"' })
  expect(told(first)).toEqual([202, first.json<{ JobId: string }>().JobId, undefined])
  expect(told(again)).toEqual([202, first.json<{ JobId: string }>().JobId, 'true'])
  expect(await gateway.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: 1 })
})

test('the same key with another content is refused, and the first job is unchanged', async () => {
  await using gateway = await openIngress()
  const jobId = await gateway.accept({ 'Idempotency-Key': 'k' })
  const reply = await gateway.post({ ...minimalRequest, PatientId: 'someone else' }, { 'Idempotency-Key': 'k' })
  expect(reply.statusCode).toBe(422)
  expect(reply.json<Problem>()).toMatchObject({
    type: 'urn:encounter-gateway:problem:idempotency-mismatch',
    detail: expect.stringContaining(jobId),
    JobId: jobId,
  })
  expect((await gateway.payload(jobId)).request.PatientId).toBe('p')
})

test('after the job has ended the key still names it, and its result if the caller waits', async () => {
  await using gateway = await openIngress()
  const headers = { 'Idempotency-Key': 'k' }
  const jobId = await gateway.accept(headers)
  await gateway.finish(jobId, created)
  const job = await gateway.post(minimalRequest, headers)
  expect([job.statusCode, job.json<{ Status: string }>().Status]).toEqual([202, 'Succeeded'])
  const result = await gateway.post(minimalRequest, { ...headers, Prefer: 'wait=60' })
  expect([result.statusCode, result.headers['idempotency-replayed']]).toEqual([201, 'true'])
  expect(result.json()).toMatchObject({ EncounterId: '4711' })
})

test('the key counts for one application only', async () => {
  await using gateway = await openIngress()
  const headers = { 'Idempotency-Key': 'k' }
  const jobId = await gateway.accept(headers)
  const reply = await gateway.post(minimalRequest, { ...headers, ...gateway.asOther })
  expect(reply.statusCode).toBe(202)
  expect(reply.json<{ JobId: string }>().JobId).not.toBe(jobId)
})

test('fifty at once create one job', async () => {
  await using gateway = await openIngress()
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => gateway.post(minimalRequest, { 'Idempotency-Key': 'k' })),
  )
  const ids = new Set(replies.map((reply) => reply.json<{ JobId: string }>().JobId))
  const fresh = replies.filter(({ headers }) => headers['idempotency-replayed'] === undefined)
  expect([ids.size, fresh.length]).toEqual([1, 1])
  expect(replies.every(({ statusCode }) => statusCode === 202)).toBe(true)
  expect(await gateway.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: 1 })
})

test('a rotated sealing key changes nothing for keys used before', async () => {
  const oldKey = newSealingKey('old')
  await using before = await openIngress({ sealingKeys: [oldKey] })
  const headers = { 'Idempotency-Key': 'k' }
  const jobId = await before.accept(headers)
  await using after = await openIngress({
    emrInstance: before.emrInstance,
    sealingKeys: [newSealingKey('new'), oldKey],
  })
  expect(told(await after.post(minimalRequest, headers))).toEqual([202, jobId, 'true'])
  const other = await after.post({ ...minimalRequest, PatientId: 'someone else' }, headers)
  expect(other.statusCode).toBe(422)
  expect(await after.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: 1 })
})

test('once the result is forgotten the key creates a new job with a new JobId, whatever the content', async () => {
  await using gateway = await openIngress({ retention: { resultHours: 0.5 / 3_600 } })
  const headers = { 'Idempotency-Key': 'k' }
  const jobs: string[] = []
  for (const PatientId of ['p', 'p', 'someone else']) {
    const reply = await gateway.post({ ...minimalRequest, PatientId }, headers)
    expect([reply.statusCode, reply.headers['idempotency-replayed']]).toEqual([202, undefined])
    const { JobId } = reply.json<{ JobId: string }>()
    jobs.push(JobId)
    await gateway.finish(JobId, created)
    await expect.poll(() => gateway.connection.records.jobs.outcome(JobId), { timeout: 10_000 }).toBeUndefined()
  }
  expect(new Set(jobs).size).toBe(3)
})

test('a key is valid while its job waits, and no record of it outlives the job', async () => {
  await using gateway = await openIngress()
  const { keys } = gateway
  const jobId = await gateway.accept({ 'Idempotency-Key': 'k' })
  const record = (await gateway.redis.keys(`${keys.idempotency('')}*`))[0] ?? ''
  expect(await gateway.redis.pttl(record)).toBe(-1)
  // gone without an outcome, as when the sweep drops a job of which nothing is known: the key is free
  await gateway.redis.zrem(keys.pending, jobId)
  const reply = await gateway.post({ ...minimalRequest, PatientId: 'someone else' }, { 'Idempotency-Key': 'k' })
  expect([reply.statusCode, reply.json<{ JobId: string }>().JobId === jobId]).toEqual([202, false])
})

test('a store that forgot the key gives the same request the same JobId, and another request another', async () => {
  await using gateway = await openIngress()
  const { keys: recordKeys } = gateway
  const { queue } = gateway.connection.records
  const headers = { 'Idempotency-Key': 'k' }
  const jobId = await gateway.accept(headers)
  await gateway.finish(jobId, created)
  const forget = async () => {
    const forgotten = await gateway.redis.keys(`${recordKeys.idempotency('')}*`)
    await gateway.redis.unlink(recordKeys.outcome(jobId), ...forgotten)
  }
  await forget()
  const other = await gateway.post({ ...minimalRequest, PatientId: 'someone else' }, headers)
  expect([other.statusCode, other.json<{ JobId: string }>().JobId === jobId]).toEqual([202, false])
  await forget()
  // BullMQ's clean-up is lazy: it may still have the former job
  const keys = [queue.toKey('wait'), queue.toKey('completed')] as const
  await gateway.redis.multi().lrem(keys[0], 0, jobId).zadd(keys[1], Date.now(), jobId).exec()
  expect(told(await gateway.post(minimalRequest, headers))).toEqual([202, jobId, undefined])
  expect(await queue.getJobCounts('waiting', 'completed')).toEqual({ waiting: 2, completed: 0 })
})
