import { afterAll, beforeAll, expect, test } from 'vitest'
import { created, minimalRequest, openIngress, type Ingress } from '../fixtures/ingress.ts'

// A client written against the original API knows no 202.
let gateway: Ingress

beforeAll(async () => {
  gateway = await openIngress({ application: { waitSeconds: 1, waitOver: 'seed' } })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

type Problem = { type: string; status: number; JobId: string }
const typeOf = (slug: string) => `urn:encounter-gateway:problem:${slug}`
const outcomeOf = (jobId: string) => gateway.connection.records.jobs.outcome(jobId)

/** Posts a request, and changes its job before the wait is over. */
async function post(change: (jobId: string) => Promise<unknown>, more: Record<string, string> = {}) {
  const { jobs } = gateway.connection.records
  const known = new Set((await gateway.redis.zrange(gateway.keys.pending, '0', '-1')) ?? [])
  const waiting = gateway.post(minimalRequest, more)
  const found = await expect
    .poll(async () => (await gateway.redis.zrange(gateway.keys.pending, '0', '-1')).find((id) => !known.has(id)))
    .toBeTruthy()
    .then(async () => (await gateway.redis.zrange(gateway.keys.pending, '0', '-1')).find((id) => !known.has(id)))
  await change(found ?? '')
  const reply = await waiting
  return { reply, jobId: found ?? '', problem: reply.json<Problem>(), view: () => jobs.view(found ?? '') }
}

test('nothing was sent when the wait is over: the job is cancelled, and the reply is a 502', async () => {
  const { reply, problem, jobId } = await post(async () => undefined)
  expect(reply.statusCode).toBe(502)
  expect(reply.headers.location).toBe(`/api/v1/Jobs/${jobId}`)
  expect(problem).toMatchObject({ type: typeOf('emr-unavailable'), status: 502, JobId: jobId })
  expect(await outcomeOf(jobId)).toMatchObject({ status: 'Cancelled' })
  expect(await gateway.connection.records.jobs.begin(jobId)).toEqual({ kind: 'finished' })
})

test('a call was begun: the job goes on, and the reply is a 408', async () => {
  const { reply, problem, jobId } = await post((id) => gateway.connection.records.jobs.begin(id))
  expect(reply.statusCode).toBe(408)
  expect(problem).toMatchObject({ type: typeOf('outcome-unknown'), JobId: jobId })
  expect(await outcomeOf(jobId)).toBeUndefined()
  await gateway.finish(jobId, created)
  expect((await gateway.get(`/api/v1/Jobs/${jobId}/Result`)).statusCode).toBe(201)
})

test('the EMR refuses the login: the job is cancelled, and the reply is the 401 that the original API has', async () => {
  const { jobs } = gateway.connection.records
  const { reply, problem, jobId } = await post(async (id) => {
    const begun = await jobs.begin(id)
    if (begun.kind !== 'go') throw new Error(begun.kind)
    const call = { round: begun.round, attempt: begun.attempt }
    await jobs.settle(id, { ...call, state: 'unspent', nextInMs: 60_000, statusCode: 401, waitsFor: 'login' })
  })
  expect(reply.statusCode).toBe(401)
  expect(problem).toMatchObject({ type: typeOf('emr-login-failed') })
  expect(await outcomeOf(jobId)).toMatchObject({ status: 'Cancelled' })
})

test('an outcome in time is the reply, and a request that asks for 202 gets it', async () => {
  const { reply } = await post((id) => gateway.finish(id, created))
  expect(reply.statusCode).toBe(201)
  expect((await gateway.post(minimalRequest, { Prefer: 'respond-async' })).statusCode).toBe(202)
  expect((await gateway.post(minimalRequest, { Prefer: 'wait=0' })).statusCode).toBe(502)
})
