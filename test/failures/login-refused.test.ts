import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PATIENCE } from '../fixtures/pace.ts'
import { asDemo } from '../fixtures/processes.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../fixtures/webhook-receiver.ts'
import { openFleet, postTo, uploadTo, type Fleet, type FleetProcess } from './fleet.ts'
import { openGatedEmr, type GatedEmr } from './gated-emr.ts'

const DATABASE = 9
const CONCURRENCY = 2
/** Refused logins of one batch: three that end their jobs, and what was under way with them. */
const REFUSED_AT_MOST = 3 + CONCURRENCY - 1

let emr: GatedEmr
let receiver: WebhookReceiver
let fleet: Fleet
let api: FleetProcess

beforeAll(async () => {
  emr = await openGatedEmr()
  receiver = await startWebhookReceiver()
  const settings = { concurrency: CONCURRENCY }
  fleet = await openFleet({
    emrs: [
      { emr, settings },
      { emr, settings: { ...settings, deadlineHours: 4 / 3600 } },
    ],
    database: DATABASE,
    application: { webhook: { url: receiver.url, secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` } },
    config: { webhooks: { allowHttp: true, allowHosts: [receiver.host] } },
  })
  const [started] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  api = started
})
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]()
  await receiver?.[Symbol.asyncDispose]()
  await emr?.[Symbol.asyncDispose]()
})

const told = () =>
  receiver.received
    .map(({ body }) => JSON.parse(body) as { type: string; data: object })
    .filter(({ type }) => type === 'login.refused')

async function retry(path: string, headers: Record<string, string>): Promise<number> {
  const answer = await fetch(`${api.url}/api/v1/${path}/Retry`, { method: 'POST', headers: { ...asDemo, ...headers } })
  await answer.text()
  return answer.status
}

test('a batch with a wrong password does not lock the account: its items wait, and go on with the right one', async () => {
  emr.letIn('right')
  const at = fleet.connection()
  const { emrInstance } = at.connection
  const { batch } = await uploadTo(api, emrInstance, 30)
  await expect.poll(async () => (await batch()).Failed, PATIENCE).toBe(3)
  const { BatchId } = await batch()
  await expect.poll(() => fleet.redis.scard(`${at.keys.base}:parking-logins`), PATIENCE).toBe(1)
  const items = async () => {
    const answer = await fetch(`${api.url}/api/v1/Jobs?BatchId=${BatchId}&Limit=100`, { headers: asDemo })
    return ((await answer.json()) as { Jobs: Job[] }).Jobs
  }
  const parked = async () => (await items()).filter(({ Status }) => Status === 'Parked')
  await expect.poll(async () => (await parked()).length, PATIENCE).toBe(27)
  expect((await parked())[0]).toMatchObject({ ParkedReason: 'the EMR refused the login', Attempts: 0 })
  expect(emr.refusedLogins()).toBeLessThanOrEqual(REFUSED_AT_MOST)
  // told once, with a job whose login is meant
  await expect.poll(told, PATIENCE).toHaveLength(1)
  expect(told()[0]).toMatchObject({ data: { EmrInstance: emrInstance, StatusCode: 401, JobId: expect.any(String) } })
  // another login of the same application is none of it
  const other = await postTo(api, emrInstance, { loginid: 'other', password: 'right', prefer: 'wait=20' })
  expect(other?.status).toBe(201)
  const refusals = emr.refusedLogins()
  expect(await retry(`Batches/${BatchId}`, { loginid: 'user' })).toBe(400)
  expect(await retry(`Batches/${BatchId}`, { loginid: 'user', password: 'right' })).toBe(202)
  await expect.poll(async () => (await batch()).Succeeded, PATIENCE).toBe(30)
  expect(emr.refusedLogins()).toBe(refusals)
  expect(new Set(emr.made).size).toBe(emr.made.length)
  expect(told()).toHaveLength(1)
})

test('a single job goes on with new credentials, and others with the old ones once these are said to be good', async () => {
  emr.letIn('right')
  const at = fleet.connection()
  const wrong = { loginid: 'nurse', password: 'changed' }
  const send = async () => {
    const answer = await postTo(api, at.connection.emrInstance, wrong)
    const job = (await answer?.json()) as Job | undefined
    return job?.JobId ?? ''
  }
  const first = [await send(), await send(), await send()]
  for (const job of first) await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ StatusCode: 401 })
  const waiting = [await send(), await send()]
  for (const job of waiting) await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Parked' })
  const [one = '', another = ''] = waiting
  expect(await retry(`Jobs/${one}`, { ...wrong, password: 'right' })).toBe(202)
  await expect.poll(() => at.view(one), PATIENCE).toMatchObject({ Status: 'Succeeded' })
  expect(await at.view(another)).toMatchObject({ Status: 'Parked' })
  // the account was mended in the EMR
  emr.letIn('right', 'changed')
  const [failed = ''] = first
  expect(await retry(`Jobs/${failed}`, wrong)).toBe(202)
  await expect.poll(() => at.view(failed), PATIENCE).toMatchObject({ Status: 'Succeeded' })
  await expect.poll(() => at.view(another), PATIENCE).toMatchObject({ Status: 'Succeeded' })
})

test('a job whose login stays refused ends at its deadline, unsent', async () => {
  emr.letIn('right')
  const at = fleet.connection(1)
  const jobs = [await at.submit(), await at.submit(), await at.submit()]
  for (const job of jobs) await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ StatusCode: 401 })
  const job = await at.submit()
  await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Expired', StatusCode: 401, Attempts: 0 })
})
