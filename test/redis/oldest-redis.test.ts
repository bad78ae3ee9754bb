import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import type { Job } from '@encounter-gateway/shared/contract/job.ts'
import { asDemo, startProcesses } from '../fixtures/processes.ts'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { loadSample } from '../fixtures/sample.ts'

/** What README and find-redis.ts promise. */
const OLDEST = [6, 2]

/** ioredis names itself where Redis (7.2) can take note of it, and goes on without an answer. */
const SPARED = new Set(['client|setinfo'])

function isNewer(since: string): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number)
  return major > (OLDEST[0] ?? 0) || (major === OLDEST[0] && minor > (OLDEST[1] ?? 0))
}

test('a job and a batch, from their acceptance to their end, need no command that Redis 6.2 has not', async () => {
  await using redis = await startRedisServer()
  await using gateway = await startProcesses({ redisUrl: redis.url })
  const url = `${gateway.url}/api/v1/Sandbox/PatientEncounters`
  const headers = { ...asDemo, emrinstance: gateway.emrInstance, 'content-type': 'application/json' }
  const created = await fetch(url, {
    method: 'POST',
    headers: { ...headers, prefer: 'wait=20', 'idempotency-key': 'one' },
    body: JSON.stringify(loadSample()),
  })
  expect(created.status).toBe(201)
  const failed = await fetch(url, {
    method: 'POST',
    headers: { ...headers, prefer: 'wait=20' },
    body: JSON.stringify({ ...loadSample(), PatientId: 'SANDBOX-400' }),
  })
  expect(failed.status).toBe(400)
  const batch = await fetch(`${url}/Batch`, { method: 'POST', headers, body: JSON.stringify([loadSample()]) })
  expect(batch.status).toBe(202)
  const list = async () => {
    const jobs = await fetch(`${gateway.url}/api/v1/Jobs?Status=Succeeded`, { headers: asDemo })
    return ((await jobs.json()) as { Jobs: Job[] }).Jobs.length
  }
  await expect.poll(list).toBe(2)

  const client = new Redis(redis.url)
  const stats = await client.info('commandstats')
  const used = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name = '']) => name)
  expect(used).toEqual(expect.arrayContaining(['evalsha', 'zadd', 'hset']))
  const docs = (await client.call('COMMAND', 'DOCS', ...used)) as (string | string[])[]
  client.disconnect()
  const sinceOf = used.map((name) => [name, sinceIn(docs[docs.indexOf(name) + 1])] as const)
  expect(sinceOf.filter(([name, since]) => isNewer(since) && !SPARED.has(name))).toEqual([])
})

/** The version that brought a command, out of what Redis says of it: name, value, name, value. */
function sinceIn(about: string | string[] = []): string {
  const since = about[about.indexOf('since') + 1]
  if (since === undefined || !/^\d+\.\d+/.test(since)) throw new Error(`no version in ${JSON.stringify(about)}`)
  return since
}
