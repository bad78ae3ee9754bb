import type { Batch, BatchItem, BatchRetry } from '@encounter-gateway/shared/contract/batch.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { minimalRequest } from '../fixtures/ingress.ts'
import { asDemo, startProcesses, type Processes } from '../fixtures/processes.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../fixtures/webhook-receiver.ts'
import { paced } from '../fixtures/pace.ts'

// a database of its own: the queue of webhook deliveries has the same name everywhere
const redisUrl = `${process.env['REDIS_URL'] ?? ''}/3`
let gateway: Processes
let receiver: WebhookReceiver

beforeAll(async () => {
  receiver = await startWebhookReceiver()
  gateway = await startProcesses({
    redisUrl,
    settings: { requestsPerSecond: 100_000, maxAttempts: 2 },
    application: { webhook: { url: receiver.url, secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` } },
    config: { webhooks: { allowHttp: true, allowHosts: [receiver.host] } },
  })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await receiver?.[Symbol.asyncDispose]()
})

const headers = () => ({ ...asDemo, emrinstance: gateway.emrInstance, loginid: 'doctor', password: 'swordfish' })
const ask = (path: string, more: RequestInit = {}) =>
  fetch(`${gateway.url}/api/v1${path}`, { ...more, headers: { ...headers(), ...(more.headers as object) } })
const line = (patient: string) => JSON.stringify({ ...minimalRequest, PatientId: patient })

async function upload(patients: string[]): Promise<Batch> {
  const reply = await ask('/Sandbox/PatientEncounters/Batch', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: patients.map(line).join('\n'),
  })
  expect(reply.status).toBe(202)
  return (await reply.json()) as Batch
}
const read = async (batchId: string) => (await (await ask(`/Batches/${batchId}`)).json()) as Batch
const finished = async (batchId: string) => {
  await expect
    .poll(async () => (await read(batchId)).Status, { timeout: paced(25_000), interval: 100 })
    .toBe('Finished')
}
async function results(batchId: string): Promise<BatchItem[]> {
  const text = await (await ask(`/Batches/${batchId}/Results`)).text()
  return text
    .split('\n')
    .slice(0, -1)
    .map((each) => JSON.parse(each) as BatchItem)
}
const patients = (count: number, prefix: string) => Array.from({ length: count }, (_, at) => `${prefix}${at}`)
const created = async (jobId = '') =>
  ((await (await fetch(`${gateway.sandboxUrl}/encounters?correlationKey=${jobId}`)).json()) as unknown[]).length
const finishedHooks = (batchId: string) =>
  receiver.received.filter(({ body }) => body.includes('"batch.finished"') && body.includes(batchId))

test('counts a batch exactly and creates each item once, whichever process is killed meanwhile', async () => {
  await fetch(`${gateway.sandboxUrl}/control`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"latencyMs":20}',
  })
  const { BatchId } = await upload([...patients(600, 'K'), 'SANDBOX-400', 'SANDBOX-502'])
  await expect.poll(async () => (await read(BatchId)).Succeeded, { timeout: paced(20_000) }).toBeGreaterThan(50)
  await gateway.worker.kill('SIGKILL')
  const worker = await gateway.startWorker()
  await expect.poll(async () => (await read(BatchId)).Succeeded, { timeout: paced(20_000) }).toBeGreaterThan(250)
  await worker.kill('SIGKILL')
  await gateway.startWorker()
  await fetch(`${gateway.sandboxUrl}/control`, { method: 'DELETE' })
  await finished(BatchId)
  const batch = await read(BatchId)
  expect(batch).toMatchObject({ Items: 602, Accepted: 602, Succeeded: 600, Failed: 2, Queued: 0, Running: 0 })
  const items = await results(BatchId)
  expect(items).toHaveLength(602)
  expect(items.filter(({ Status }) => Status === 'Succeeded')).toHaveLength(600)
  expect(new Set(items.slice(0, 600).map(({ EncounterId }) => EncounterId)).size).toBe(600)
  expect(await Promise.all(items.map(({ JobId }) => created(JobId)))).toEqual([...Array(600).fill(1), 0, 0])
  await expect.poll(() => finishedHooks(BatchId).length, { timeout: paced(40_000) }).toBeGreaterThan(0)
  expect(JSON.parse(finishedHooks(BatchId)[0]?.body ?? '')).toMatchObject({ data: { BatchId, EMRSystem: 'Sandbox' } })
})

test('failed items are counted, then tried again, and the end is announced again', async () => {
  const { BatchId } = await upload(['SANDBOX-400', 'fine', 'SANDBOX-403'])
  await finished(BatchId)
  const count = await ask(`/Batches/${BatchId}/Retry?DryRun=true`, { method: 'POST' })
  expect([count.status, await count.json()]).toEqual([200, { Matching: 2, Retried: 0, Erased: 0 }])
  const again = await ask(`/Batches/${BatchId}/Retry`, { method: 'POST' })
  expect([again.status, (await again.json()) as BatchRetry]).toEqual([202, { Matching: 2, Retried: 2, Erased: 0 }])
  await finished(BatchId)
  expect(await read(BatchId)).toMatchObject({ Succeeded: 1, Failed: 2 })
  await expect
    .poll(() => new Set(finishedHooks(BatchId).map((hook) => hook.headers['webhook-id'])), { timeout: paced(10_000) })
    .toEqual(new Set([`msg_${BatchId}_1`, `msg_${BatchId}_2`]))
})

test('a cancelled batch ends, and none of its unsent items reaches the EMR', async () => {
  await fetch(`${gateway.sandboxUrl}/control`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"latencyMs":300}',
  })
  const { BatchId } = await upload(patients(500, 'C'))
  const reply = await ask(`/Batches/${BatchId}`, { method: 'DELETE' })
  expect([reply.status, ((await reply.json()) as Batch).Status]).toEqual([202, 'Cancelling'])
  await fetch(`${gateway.sandboxUrl}/control`, { method: 'DELETE' })
  await finished(BatchId)
  const batch = await read(BatchId)
  expect(batch.Succeeded + batch.Cancelled).toBe(500)
  expect(batch.Cancelled).toBeGreaterThan(400)
  const items = await results(BatchId)
  const made = await Promise.all(items.map(({ JobId }) => created(JobId)))
  expect(made).toEqual(items.map(({ Status }) => (Status === 'Succeeded' ? 1 : 0)))
  expect((await ask(`/Batches/${BatchId}`, { method: 'DELETE' })).status).toBe(409)
})

test('events report the progress to its end, and to a later listener only what is new', async () => {
  const { BatchId } = await upload(patients(300, 'E'))
  const text = await (await ask(`/Batches/${BatchId}/Events`)).text()
  const events = text.split('\n\n').filter((each) => each.startsWith('event:'))
  expect(events.at(-1)).toMatch(/^event: finished\n/)
  const last = JSON.parse(/data: (.*)/.exec(events.at(-1) ?? '')?.[1] ?? '') as Batch
  expect(last).toMatchObject({ BatchId, Status: 'Finished', Succeeded: 300 })
  const id = /id: (.*)/.exec(events.at(-1) ?? '')?.[1] ?? ''
  const later = await (await ask(`/Batches/${BatchId}/Events`, { headers: { 'Last-Event-ID': id } })).text()
  expect(later).not.toContain('event:')
})

test('a single request overtakes a waiting batch', async () => {
  await fetch(`${gateway.sandboxUrl}/control`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"latencyMs":100}',
  })
  const { BatchId } = await upload(patients(1_000, 'S'))
  const single = await ask('/Sandbox/PatientEncounters', {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=20' },
    body: line('passes by'),
  })
  expect(single.status).toBe(201)
  expect((await read(BatchId)).Queued).toBeGreaterThan(500)
  await fetch(`${gateway.sandboxUrl}/control`, { method: 'DELETE' })
  await finished(BatchId)
})
