import { expect, test } from 'vitest'
import { near, openStore, type Store } from './store-under-test.ts'

/** Copies all that is kept of the connection; `restore` replaces it by the copy, as a failover or a backup does. */
async function copyOf({ redis, keys }: Store) {
  const names = async () => redis.keys(`${keys.base}:*`)
  const copied = await Promise.all(
    (await names()).map(async (name) => ({ name, dump: await redis.dumpBuffer(name), ttl: await redis.pttl(name) })),
  )
  return async function restore() {
    await redis.unlink(...(await names()))
    for (const { name, dump, ttl } of copied) if (dump) await redis.restore(name, Math.max(ttl, 0), dump)
  }
}

const kindOf = async (store: Store, jobId: string) => (await store.jobs.begin(jobId)).kind

test('a job begun in what the store forgot is asked about before it is sent, and so is one that waited beside it', async () => {
  await using store = await openStore()
  for (const job of ['a1', 'a2', 'a3']) await store.add(job)
  const restore = await copyOf(store)
  expect(await kindOf(store, 'a1')).toBe('go')
  await restore()
  const begun = { kind: 'dangling', attempt: 0, state: 'unknown', suspected: true, doubt: true }
  expect(await store.jobs.begin('a1')).toMatchObject(begun)
  expect(await store.jobs.begin('a2')).toMatchObject(begun)
  expect((await store.ttls())['payload:a1']).toBe(-1)
  // until somebody has asked, also after a restart; then it is sent, and nobody asks again
  expect(await kindOf(store, 'a1')).toBe('dangling')
  expect(await store.jobs.begin('a1', { attempt: 0, as: 'absent' })).toMatchObject({
    kind: 'go',
    attempt: 1,
    doubt: false,
  })
  await store.jobs.settle('a1', { round: 1, attempt: 1, state: 'rejected', nextInMs: 0, statusCode: 502 })
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', attempt: 2 })
})

test('a doubt that was settled in what the store forgot is asked about again, also by who settled it', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.jobs.settle('a1', { round: 1, attempt: 1, state: 'unknown', nextInMs: 0, statusCode: 408 })
  await store.redis.hincrby(store.keys.dispatch('a1'), 'endedAt', -60_000)
  const restore = await copyOf(store)
  expect(await store.jobs.begin('a1', { attempt: 1, as: 'absent' })).toMatchObject({ kind: 'go', attempt: 2 })
  await restore()
  // the second attempt may still be under way
  const begun = { kind: 'dangling', attempt: 1, state: 'unknown', sinceMs: near(0) }
  expect(await store.jobs.begin('a1', { attempt: 1, as: 'absent' })).toMatchObject(begun)
})

test('an end that the store forgot is noticed as well, and by a process that has seen it', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  await store.jobs.begin('a1')
  const restore = await copyOf(store)
  await store.end('a1')
  await restore()
  expect(await kindOf(store, 'a2')).toBe('dangling')
})

test('a store that forgot nothing asks about nothing, however many processes begin and end jobs', async () => {
  await using store = await openStore()
  await using other = await openStore({ like: store.emrInstance })
  for (const job of ['a1', 'a2', 'a3']) await store.add(job)
  expect([await kindOf(store, 'a1'), await kindOf(other, 'a2'), await kindOf(store, 'a3')]).toEqual(['go', 'go', 'go'])
})

test('what is accepted afterwards is sent at once, unless its Idempotency-Key may have led to a forgotten job', async () => {
  await using store = await openStore()
  await store.add('a1')
  const restore = await copyOf(store)
  await store.jobs.begin('a1')
  await restore()
  expect(await kindOf(store, 'a1')).toBe('dangling')
  await store.add('b1')
  await store.acceptNamed({
    jobId: 'c1',
    application: 'demo',
    plain: Buffer.from('c1'),
    idempotency: [{ name: 'n1', fingerprint: 'f1' }] as never,
  })
  expect([await kindOf(store, 'b1'), await kindOf(store, 'c1')]).toEqual(['go', 'dangling'])
})

test('an operator who has restored a copy says so, where no process has seen more', async () => {
  await using store = await openStore()
  await store.add('a1')
  const restore = await copyOf(store)
  await store.jobs.begin('a1')
  await restore()
  await using restarted = await openStore({ like: store.emrInstance })
  expect(await restarted.jobs.forgot()).toBe(1)
  expect(await kindOf(restarted, 'a1')).toBe('dangling')
})
