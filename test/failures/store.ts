/**
 * Writes one of the stored-*.json, which upgrade.test.ts reads: `REDIS_URL=redis://127.0.0.1:6379 node
 * test/failures/store.ts stored-v4` stores, in database 15, which it empties, one job as intake leaves it and one that
 * has failed, one ended and one waiting job with an Idempotency-Key, and one finished and one half uploaded batch; then
 * it writes every key with Redis' own DUMP of it. Run it only when the stored format changes, under a new name: the
 * file of an older version proves that an upgrade loses nothing. stored-v1 has sealed format 1, stored-v2 sealed format
 * 3, both without keys and batches; stored-v3 is the last whose JobIds are made from the Idempotency-Key alone.
 * stored-webhooks is from the last version with a queue of webhooks: one delivery delayed, one that a killed worker had, one waiting,
 * one event in the outbox, and one dead letter.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { openFleet, postTo, uploadHeaders, uploadLine, type FleetProcess } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'

const [name] = process.argv.slice(2)
if (!name) throw new RangeError('the name of the file to write is missing')
const sealingKey = Buffer.alloc(32, name).toString('base64')
const emrInstance = 'stored'

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20)
}

async function accept(api: FleetProcess, key: string): Promise<string> {
  const answer = await postTo(api, emrInstance, { 'idempotency-key': key })
  if (answer?.status !== 202) throw new Error('the request was not accepted')
  return ((await answer.json()) as { JobId: string }).JobId
}

const batchUrl = (api: FleetProcess) => `${api.url}/api/v1/Sandbox/PatientEncounters/Batch`
const named = (key: string) => ({ ...uploadHeaders(emrInstance), 'idempotency-key': key })

type Kept = { BatchId: string; Status: string; Items: number }
async function batchOf(api: FleetProcess, key: string): Promise<Kept | undefined> {
  const answer = await fetch(batchUrl(api), { headers: named(key) })
  return answer.ok ? ((await answer.json()) as Kept) : undefined
}

async function jobsOf(api: FleetProcess, batchId = ''): Promise<string[]> {
  const answer = await fetch(`${api.url}/api/v1/Batches/${batchId}/Results`, { headers: uploadHeaders(emrInstance) })
  const lines = (await answer.text()).trim().split('\n')
  return lines.map((line) => (JSON.parse(line) as { JobId: string }).JobId)
}

await using emr = await openGatedEmr()
await using fleet = await openFleet({ emrs: [{ emr }], sealingKey, emrInstance, database: 15 })
const { submit, view } = fleet.connection()
const api = await fleet.startApi()
emr.refuse(400)
const failed = await submit()
const worker = await fleet.startWorker()
await until(async () => (await view(failed))?.Status === 'Failed')
const ended = await accept(api, 'ended')
await until(async () => (await view(ended))?.Status === 'Succeeded')
const body = uploadLine(0) + uploadLine(1)
await fetch(batchUrl(api), { method: 'POST', headers: named('finished'), body })
await until(async () => (await batchOf(api, 'finished'))?.Status === 'Finished')
await worker.kill('SIGTERM')

const queued = await submit()
const waiting = await accept(api, 'waiting')
const upload = request(batchUrl(api), { method: 'POST', headers: named('half') })
upload.on('error', () => undefined)
await once(upload, 'socket')
await new Promise<void>((resolve) => upload.write(body, () => resolve()))
upload.destroy()
await until(async () => (await batchOf(api, 'half'))?.Items === 2)
const [half, finished] = [await batchOf(api, 'half'), await batchOf(api, 'finished')]
const batches = {
  half: { batchId: half?.BatchId, jobs: await jobsOf(api, half?.BatchId) },
  finished: { batchId: finished?.BatchId, jobs: await jobsOf(api, finished?.BatchId) },
}
await api.kill('SIGTERM')

// keys that live for seconds are not stored
const passing = /:(?:sweep|limiter|stalled-check|readiness)$|^eg:\{requests:/
const found = (await fleet.redis.keys('eg:*')).filter((key) => !passing.test(key))
const keys = await Promise.all(
  found.toSorted().map(async (key) => ({ name: key, dump: (await fleet.redis.dumpBuffer(key)).toString('base64') })),
)
const stored = { sealingKey, emrInstance, queued, failed, keyed: { ended, waiting }, batches, keys }
writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(stored, undefined, 2)}\n`)
