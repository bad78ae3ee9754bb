import type { Batch, BatchItem } from '@encounter-gateway/shared/contract/batch.ts'
import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asDemo } from '../fixtures/processes.ts'
import { openFleet, type Fleet, type FleetProcess } from './fleet.ts'
import { openGatedEmr, type GatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const ITEMS = 60
const CONCURRENCY = 4
const settings = {
  concurrency: CONCURRENCY,
  // one more wasted attempt, and an item would fail
  maxAttempts: 2,
  breaker: { minimumCalls: 1, failurePercent: 1, openMs: 500 },
}

let emr: GatedEmr
let fleet: Fleet
let api: FleetProcess
let worker: FleetProcess

beforeAll(async () => {
  emr = await openGatedEmr()
  await emr.goDown()
  fleet = await openFleet({ emrs: [{ emr, settings }] })
  ;[api, worker] = await Promise.all([fleet.startApi(), fleet.startWorker()])
})
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]()
  await emr?.[Symbol.asyncDispose]()
})

async function ask(path: string, init: RequestInit = {}): Promise<string> {
  const { emrInstance } = fleet.connection().connection
  const headers = {
    ...asDemo,
    emrinstance: emrInstance,
    loginid: 'user',
    password: 'secret',
    ...(init.headers as object),
  }
  return (await fetch(`${api.url}/api/v1${path}`, { ...init, headers })).text()
}
const read = async (batchId: string) => JSON.parse(await ask(`/Batches/${batchId}`)) as Batch
const statuses = async (batchId: string) => {
  const text = await ask(`/Batches/${batchId}/Results`)
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => (JSON.parse(line) as BatchItem).Status)
}
const timesOpened = () => worker.output().split('breaker.opened').length - 1

test('a batch for an EMR that is down waits parked, and drains by itself when the EMR is back, without a wasted attempt', async () => {
  const lines = Array.from({ length: ITEMS }, (_, at) =>
    JSON.stringify({ UserId: 'u', PatientId: `D${at}`, Encounter: {} }),
  )
  const upload = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines.join('\n') }
  const { BatchId } = JSON.parse(await ask('/Sandbox/PatientEncounters/Batch', upload)) as Batch

  // at least two probes have found it down
  await expect.poll(timesOpened, PATIENCE).toBeGreaterThanOrEqual(3)
  await expect.poll(() => statuses(BatchId), PATIENCE).toContain('Parked')
  const waiting = await read(BatchId)
  const none = { Succeeded: 0, Failed: 0, OutcomeUnknown: 0, Cancelled: 0, Expired: 0, Rejected: 0 }
  expect(waiting).toMatchObject({ Status: 'Running', Items: ITEMS, Accepted: ITEMS, ...none })
  expect(waiting.Queued + waiting.Running).toBe(ITEMS)

  await emr.comeBack()
  await expect.poll(async () => (await read(BatchId)).Status, PATIENCE).toBe('Finished')
  expect(await read(BatchId)).toMatchObject({ ...none, Succeeded: ITEMS, Queued: 0, Running: 0 })
  const { Jobs } = JSON.parse(await ask(`/Jobs?BatchId=${BatchId}&Limit=${ITEMS}`)) as { Jobs: Job[] }
  expect(new Set(emr.made)).toEqual(new Set(Jobs.map(({ JobId }) => JobId)))
  expect(emr.made).toHaveLength(ITEMS)
  // only calls under way when the breaker opened have a wasted attempt
  const tries = Jobs.map(({ Attempts }) => Attempts)
  expect(Math.max(...tries)).toBeLessThanOrEqual(2)
  expect(tries.filter((count) => count === 2).length).toBeLessThanOrEqual(CONCURRENCY)
})
