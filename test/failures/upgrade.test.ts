import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { asDemo } from '../fixtures/processes.ts'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'

const PATIENCE = { timeout: 40_000 }
const DATABASE = 13
const DAY_MS = 86_400_000

/** What store.ts has written. */
type Stored = {
  sealingKey: string
  emrInstance: string
  queued: string
  failed: string
  keys: { name: string; dump: string }[]
}

test.for(['stored-v1.json', 'stored-v2.json'])(
  'jobs of %s are read by this version: one is worked off, one is shown, retried and worked off',
  async (file, { skip }) => {
    const stored = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Stored
    await using emr = await openGatedEmr()
    await using fleet = await openFleet({ emrs: [{ emr }], ...stored, database: DATABASE })
    const { records, view } = fleet.connection()
    const [, version] = /redis_version:(\d+)/.exec(await fleet.redis.info('server')) ?? []
    if (Number(version) < 7) skip('this Redis cannot restore what a Redis 7.0 has dumped')
    for (const { name, dump } of stored.keys) await fleet.redis.restore(name, 0, Buffer.from(dump, 'base64'), 'REPLACE')
    // the fixture is older than any deadline
    await fleet.redis.zadd(records.keys.pending, Date.now() + DAY_MS, stored.queued)

    expect(await view(stored.queued)).toMatchObject({ Status: 'Queued', Attempts: 0 })
    expect(await view(stored.failed)).toMatchObject({ Status: 'Failed', StatusCode: 400, Attempts: 1 })
    const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
    await expect.poll(() => view(stored.queued), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
    const retried = await fetch(`${api.url}/api/v1/Jobs/${stored.failed}/Retry`, { method: 'POST', headers: asDemo })
    expect(retried.status).toBe(202)
    await expect.poll(() => view(stored.failed), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
    expect(emr.made).toEqual([stored.queued, stored.failed])
  },
)
