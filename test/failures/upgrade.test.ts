import { readFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { asDemo } from '../fixtures/processes.ts'
import { openFleet, postTo, uploadHeaders, uploadLine, type Fleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'
import { startWebhookReceiver } from '../fixtures/webhook-receiver.ts'

const DATABASE = 13
const DAY_MS = 86_400_000

/** The content of a file that store.ts has written. */
type Stored = {
  sealingKey: string
  emrInstance: string
  queued: string
  failed: string
  keys: { name: string; dump: string }[]
}

/** The keys and batches in it, since stored-v3. */
type StoredKeys = Stored & {
  keyed: Record<'ended' | 'waiting', string>
  batches: Record<'half' | 'finished', { batchId: string; jobs: string[] }>
}

const TOO_OLD = 'this Redis cannot restore what a Redis 7.0 has dumped'

/** Whether this Redis could load it. The fixture is older than any deadline: waiting jobs get a new one. */
async function restore(fleet: Fleet, stored: Stored): Promise<boolean> {
  const { redis } = fleet
  const [, version] = /redis_version:(\d+)/.exec(await redis.info('server')) ?? []
  if (Number(version) < 7) return false
  for (const { name, dump } of stored.keys) await redis.restore(name, 0, Buffer.from(dump, 'base64'), 'REPLACE')
  const { pending } = fleet.connection().keys
  for (const jobId of await redis.zrange(pending, '0', '-1'))
    await redis.zadd(pending, String(Date.now() + DAY_MS), jobId)
  return true
}

test.for(['stored-v1.json', 'stored-v2.json', 'stored-v3.json'])(
  'jobs of %s are read by this version: one is done, one is shown, retried and done',
  { timeout: 90_000 },
  async (file, { skip }) => {
    const stored = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Stored
    await using emr = await openGatedEmr()
    await using fleet = await openFleet({ emrs: [{ emr }], ...stored, database: DATABASE })
    const { view } = fleet.connection()
    if (!(await restore(fleet, stored))) skip(TOO_OLD)

    expect(await view(stored.queued)).toMatchObject({ Status: 'Queued', Attempts: 0 })
    expect(await view(stored.failed)).toMatchObject({ Status: 'Failed', StatusCode: 400, Attempts: 1 })
    const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
    await expect.poll(() => view(stored.queued), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
    const retried = await fetch(`${api.url}/api/v1/Jobs/${stored.failed}/Retry`, { method: 'POST', headers: asDemo })
    expect(retried.status).toBe(202)
    await expect.poll(() => view(stored.failed), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
    expect(emr.made).toEqual(expect.arrayContaining([stored.queued, stored.failed]))
    expect(new Set(emr.made).size).toBe(emr.made.length)
  },
)

test('Idempotency-Keys of stored-v3 name the same jobs and batches as before, and a half upload continues', async ({
  skip,
}) => {
  const stored = JSON.parse(readFileSync(new URL('stored-v3.json', import.meta.url), 'utf8')) as StoredKeys
  const { keyed, batches, emrInstance } = stored
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr }], ...stored, database: DATABASE })
  if (!(await restore(fleet, stored))) skip(TOO_OLD)
  const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  const { view, keys } = fleet.connection()

  for (const name of ['ended', 'waiting'] as const) {
    const again = await postTo(api, emrInstance, { 'idempotency-key': name })
    expect([again?.status, again?.headers.get('idempotency-replayed')]).toEqual([202, 'true'])
    expect(await again?.json()).toMatchObject({ JobId: keyed[name] })
  }
  await expect.poll(() => view(keyed.waiting), PATIENCE).toMatchObject({ Status: 'Succeeded' })
  // its outcome has given its record, which an older version named differently, the result's expiry
  const left = [keys.idempotency, keys.outcome].map((key) => fleet.redis.pttl(key(keyed.waiting)))
  expect(new Set((await Promise.all(left)).map((ms) => Math.round(ms / 60_000)))).toEqual(new Set([72 * 60]))

  const url = `${api.url}/api/v1/Sandbox/PatientEncounters/Batch`
  const send = async (key: string, lines: number[]) => {
    const headers = { ...uploadHeaders(emrInstance), 'idempotency-key': key }
    const answer = await fetch(url, { method: 'POST', headers, body: lines.map(uploadLine).join('') })
    return [answer.status, await answer.json()] as const
  }
  expect(await send('half', [0, 7])).toMatchObject([422, { BatchId: batches.half.batchId }])
  expect(await send('half', [0, 1, 2, 3])).toMatchObject([202, { BatchId: batches.half.batchId, Items: 4 }])
  expect(await send('finished', [0, 1])).toMatchObject([202, { BatchId: batches.finished.batchId, Status: 'Finished' }])

  const results = async (batchId: string) => {
    const answer = await fetch(`${api.url}/api/v1/Batches/${batchId}/Results`, { headers: asDemo })
    const lines = (await answer.text()).trim().split('\n')
    return lines.map((line) => JSON.parse(line) as { JobId: string; Status: string })
  }
  await expect
    .poll(async () => (await results(batches.half.batchId)).map(({ Status }) => Status), PATIENCE)
    .toEqual(['Succeeded', 'Succeeded', 'Succeeded', 'Succeeded'])
  const half = (await results(batches.half.batchId)).map(({ JobId }) => JobId)
  expect(half.slice(0, 2)).toEqual(batches.half.jobs)
  const finished = await results(batches.finished.batchId)
  expect(finished).toMatchObject(batches.finished.jobs.map((JobId) => ({ JobId, Status: 'Succeeded' })))
  expect(emr.made.toSorted()).toEqual([stored.queued, keyed.waiting, ...half].toSorted())
}, 90_000)

test('webhooks that the version before lanes had in its queue and outbox are delivered under the same webhook-id', async ({
  skip,
}) => {
  type StoredWebhooks = Stored & { messages: Record<'delayed' | 'active' | 'waiting' | 'outbox' | 'dead', string> }
  const file = new URL('stored-webhooks.json', import.meta.url)
  const stored = JSON.parse(readFileSync(file, 'utf8')) as StoredWebhooks
  await using receiver = await startWebhookReceiver()
  await using emr = await openGatedEmr()
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  await using fleet = await openFleet({
    emrs: [{ emr }],
    ...stored,
    database: DATABASE,
    application: { webhook: { url: receiver.url, secret } },
    config: { webhooks: { allowHttp: true, allowHosts: [receiver.host] } },
  })
  if (!(await restore(fleet, stored))) skip(TOO_OLD)
  await fleet.startWorker()

  const { dead, ...others } = stored.messages
  const received = () => receiver.received.map(({ headers }) => headers['webhook-id'])
  const awaited = Object.values(others).map((jobId) => `msg_${jobId}_1`)
  await expect.poll(() => new Set(received()), PATIENCE).toEqual(new Set(awaited))
  expect(received()).toHaveLength(awaited.length)
  for (const { body, headers } of receiver.received) {
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({
      type: 'encounter.created',
      data: { EmrInstance: stored.emrInstance, StatusCode: 201 },
    })
  }
  // it was given up before, and stays on the board
  expect(await fleet.redis.zrange('eg:{webhooks}:failed', '0', '-1')).toEqual([`msg_${dead}_1`])
  expect(received()).not.toContain(`msg_${dead}_1`)
}, 90_000)
