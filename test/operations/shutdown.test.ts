import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { asDemo, startProcesses, type Processes } from '../fixtures/processes.ts'
import { loadSample } from '../fixtures/sample.ts'

// a database of its own: the queue of webhook deliveries has the same name everywhere
const redisUrl = `${process.env['REDIS_URL'] ?? ''}/7`

async function submit(gateway: Processes): Promise<Job> {
  const accepted = await fetch(`${gateway.url}/api/v1/Sandbox/PatientEncounters`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...asDemo, emrinstance: gateway.emrInstance },
    body: JSON.stringify(loadSample()),
  })
  expect(accepted.status).toBe(202)
  return (await accepted.json()) as Job
}

async function seen(gateway: Processes, { JobId }: Job, prefer = 'wait=0'): Promise<Job> {
  return (await (await fetch(`${gateway.url}/api/v1/Jobs/${JobId}`, { headers: { ...asDemo, prefer } })).json()) as Job
}

async function untilRunning(gateway: Processes, job: Job): Promise<void> {
  while ((await seen(gateway, job)).Status !== 'Running') await delay(10)
}

function slowDown(gateway: Processes, latencyMs: number): Promise<Response> {
  const body = JSON.stringify({ latencyMs })
  return fetch(`${gateway.sandboxUrl}/control`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body,
  })
}

test('a worker at SIGTERM finishes the call in flight and takes no further job', async () => {
  await using gateway = await startProcesses({ redisUrl, settings: { concurrency: 1, timeoutMs: 10_000 } })
  await slowDown(gateway, 1_000)
  const [first, second] = [await submit(gateway), await submit(gateway)]
  await untilRunning(gateway, first)
  gateway.worker.child.kill('SIGTERM')
  expect(await gateway.worker.ended).toBe(0)
  expect(await seen(gateway, first)).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
  expect(await seen(gateway, second)).toMatchObject({ Status: 'Queued', Attempts: 0 })
})

test('a job not done when the drain time has passed is given back at once, and created once', async () => {
  const environment = { DRAIN_SECONDS: '0.5' }
  await using gateway = await startProcesses({ redisUrl, settings: { timeoutMs: 10_000 }, environment })
  await slowDown(gateway, 4_000)
  const job = await submit(gateway)
  await untilRunning(gateway, job)
  gateway.worker.child.kill('SIGTERM')
  expect(await gateway.worker.ended).toBe(0)
  expect((await seen(gateway, job)).Status).toBe('Retrying')
  await slowDown(gateway, 0)
  await gateway.startWorker()
  expect(await seen(gateway, job, 'wait=30')).toMatchObject({ Status: 'Succeeded' })
  const made = await fetch(`${gateway.sandboxUrl}/encounters?correlationKey=${job.JobId}`)
  expect(await made.json()).toHaveLength(1)
})

test('the api answers waiting requests with 202 and ends', async () => {
  await using gateway = await startProcesses({ redisUrl, settings: { timeoutMs: 10_000 } })
  await slowDown(gateway, 5_000)
  const job = await submit(gateway)
  const waiting = fetch(`${gateway.url}/api/v1/Jobs/${job.JobId}/Result`, { headers: { ...asDemo, prefer: 'wait=30' } })
  await untilRunning(gateway, job)
  gateway.api.child.kill('SIGTERM')
  expect((await waiting).status).toBe(202)
  expect(await gateway.api.ended).toBe(0)
})
