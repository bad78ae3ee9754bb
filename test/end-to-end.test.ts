import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { asDemo, startProcesses, type Processes } from './fixtures/processes.ts'
import { loadSample } from './fixtures/sample.ts'

// a database of its own: the queue of webhook deliveries has the same name everywhere
const redisUrl = `${process.env['REDIS_URL'] ?? ''}/8`
let gateway: Processes

beforeAll(async () => {
  gateway = await startProcesses({ redisUrl })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

function post(patientId: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}/api/v1/Sandbox/PatientEncounters`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...asDemo, emrinstance: gateway.emrInstance, ...headers },
    body: JSON.stringify({ ...loadSample(), PatientId: patientId }),
  })
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(gateway.url + path, { headers: { ...asDemo, ...headers } })
}

type Created = { EncounterId: string; AlternativeIdentifiers: unknown[] }

async function createdUnder(jobId: string): Promise<Created[]> {
  return (await (await fetch(`${gateway.sandboxUrl}/encounters?correlationKey=${jobId}`)).json()) as Created[]
}

test('the sample goes from 202 to 201, and the EMR has it once with every field', async () => {
  const accepted = await post(loadSample().PatientId)
  expect(accepted.status).toBe(202)
  const job = (await accepted.json()) as Job
  const location = accepted.headers.get('location') ?? ''
  expect(location).toBe(`/api/v1/Jobs/${job.JobId}`)
  const ended = (await (await get(location, { prefer: 'wait=20' })).json()) as Job
  expect(ended).toMatchObject({ Status: 'Succeeded', StatusCode: 201, Attempts: 1 })
  const result = await get(`${location}/Result`)
  expect(result.status).toBe(201)
  const body = (await result.json()) as Created
  expect(Object.keys(body).toSorted()).toEqual(['AlternativeIdentifiers', 'EncounterId'])
  expect((await createdUnder(job.JobId)).map((e) => e.EncounterId)).toEqual([body.EncounterId])
  const kept = (await (await fetch(`${gateway.sandboxUrl}/encounters/${body.EncounterId}`)).json()) as {
    Content: { Encounter: unknown }
  }
  expect(kept.Content.Encounter).toEqual(loadSample().Encounter)
})

describe.for([
  ['SANDBOX-201', 201],
  ['SANDBOX-400', 400],
  ['SANDBOX-401', 401],
  ['SANDBOX-403', 403],
  ['SANDBOX-408', 408],
  ['SANDBOX-500', 500],
  ['SANDBOX-502', 502],
] as const)('the patient %s', ([patientId, code]) => {
  test(`gets ${code} while the request waits, and the same from /Result`, async () => {
    const waited = await post(patientId, { prefer: 'wait=30' })
    expect(waited.status).toBe(code)
    expect(waited.headers.get('preference-applied')).toBe('wait=30')
    const type = code === 201 ? 'application/json' : 'application/problem+json'
    expect(waited.headers.get('content-type')).toContain(type)
    const { Jobs } = (await (await get('/api/v1/Jobs?Limit=1')).json()) as { Jobs: Job[] }
    const jobId = Jobs[0]?.JobId ?? ''
    const replayed = await get(`/api/v1/Jobs/${jobId}/Result`)
    expect(replayed.status).toBe(code)
    expect(await replayed.json()).toEqual(await waited.json())
    expect(await createdUnder(jobId)).toHaveLength(code === 201 ? 1 : 0)
  })
})

test('a worker killed between the commit of the EMR and our record creates no second encounter', async () => {
  const patientId = 'SANDBOX-TIMEOUT'
  const accepted = (await (await post(patientId)).json()) as Job
  while ((await createdUnder(accepted.JobId)).length === 0) await delay(20)
  // committed, and not answered: the worker is in the middle of its call
  await gateway.worker.kill('SIGKILL')
  const running = (await (await get(`/api/v1/Jobs/${accepted.JobId}`)).json()) as Job
  expect(running.Status).toBe('Running')
  await gateway.startWorker()
  const ended = (await (await get(`/api/v1/Jobs/${accepted.JobId}`, { prefer: 'wait=60' })).json()) as Job
  expect(ended).toMatchObject({ Status: 'Succeeded', StatusCode: 201, Recovered: true })
  const created = await createdUnder(accepted.JobId)
  expect(created.map((e) => e.EncounterId)).toEqual([ended.EncounterId])
})

test('no process has output any part of the sample request', () => {
  const said = gateway.output()
  expect(said).toContain('encounter.attempted')
  for (const value of new Set(leaves(JSON.parse(readFileSync('shared/src/contract/sample-request.json', 'utf8'))))) {
    expect(said.includes(value), `a log holds the value ${value}`).toBe(false)
  }
})

/** Every text of a JSON value long enough not to match by chance. */
function leaves(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 3 ? [value] : []
  return value && typeof value === 'object' ? Object.values(value).flatMap(leaves) : []
}
