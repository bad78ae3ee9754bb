import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asDemo } from '../fixtures/processes.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../fixtures/webhook-receiver.ts'
import { openFleet, type Fleet, type FleetConnection, type FleetProcess } from './fleet.ts'
import { openGatedEmr, type GatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const DATABASE = 12
const DEADLINE_S = 3
// opened by the test, and only a successful probe may close it
const settings = { maxAttempts: 1, concurrency: 4, breaker: { minimumCalls: 1, failurePercent: 1, openMs: 1_000 } }

let emr: GatedEmr
let receiver: WebhookReceiver
let fleet: Fleet
let api: FleetProcess
let patient: FleetConnection
let hasty: FleetConnection

beforeAll(async () => {
  emr = await openGatedEmr()
  receiver = await startWebhookReceiver()
  fleet = await openFleet({
    emrs: [
      { emr, settings },
      { emr, settings: { ...settings, deadlineHours: DEADLINE_S / 3600 } },
    ],
    database: DATABASE,
    application: { webhook: { url: receiver.url, secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` } },
    config: { webhooks: { allowHttp: true, allowHosts: [receiver.host] } },
  })
  ;[patient, hasty] = [fleet.connection(0), fleet.connection(1)]
  await emr.goDown()
  const [started] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  api = started
})
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]()
  await receiver?.[Symbol.asyncDispose]()
  await emr?.[Symbol.asyncDispose]()
})

async function ask(method: string, path: string): Promise<{ status: number; job: Job }> {
  const answer = await fetch(`${api.url}/api/v1/Jobs/${path}`, { method, headers: asDemo })
  return { status: answer.status, job: JSON.parse((await answer.text()) || '{}') as Job }
}

async function submitParked(at: FleetConnection): Promise<string> {
  const job = await at.submit()
  await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Parked', Attempts: 0 })
  return job
}

test('a job whose deadline passes while it is parked expires, unsent, and its application is notified', async () => {
  const job = await submitParked(hasty)
  // 502: its last call reached nobody
  await expect.poll(() => hasty.view(job), PATIENCE).toMatchObject({ Status: 'Expired', StatusCode: 502, Attempts: 0 })
  const told = () => receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: { JobId: string } })
  await expect
    .poll(() => told().filter(({ data }) => data.JobId === job), PATIENCE)
    .toMatchObject([{ type: 'encounter.expired' }])
})

test('cancelled while parked is cancelled for good, and a retry while parked waits for the EMR and succeeds', async () => {
  const again = await submitParked(patient)
  const cancelled = await submitParked(patient)
  for (const job of [again, cancelled]) expect((await ask('DELETE', job)).status).toBe(204)
  const retried = await ask('POST', `${again}/Retry`)
  expect(retried.status).toBe(202)
  expect(retried.job).toMatchObject({ JobId: again, Attempts: 0 })
  await expect.poll(() => patient.view(again), PATIENCE).toMatchObject({ Status: 'Parked', Attempts: 0 })
  await emr.comeBack()
  await expect.poll(() => patient.view(again), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
  expect(await patient.view(cancelled)).toMatchObject({ Status: 'Cancelled' })
  expect(emr.made).toEqual([again])
})
