import { expect, test } from 'vitest'
import { idempotencyCandidates } from '../sealing/idempotency.ts'
import { inMs, openStore, outcomeOf, terms, type Store } from './store-under-test.ts'

const minimal = { UserId: 'u', PatientId: 'p', Encounter: {} } as const
const of = (application: string) => outcomeOf({ routing: { application } })

const depth = async ({ redis, keys }: Store) =>
  Object.fromEntries(
    Object.entries(await redis.hgetall(keys.depth)).map(([application, count]) => [application, Number(count)]),
  )

/** Accepts jobs whose deadlines differ: as if each had been accepted a millisecond after the one before it. */
async function addInTurn(store: Store, ids: readonly string[], application?: string): Promise<void> {
  for (const [at, jobId] of ids.entries()) {
    await store.add(jobId, application)
    await store.redis.zadd(store.keys.pending, Date.now() - 100_000 + at, jobId)
  }
}

async function untilDone(store: Store, atMost = 100) {
  for (;;) {
    const said = await store.jobs.recount(atMost)
    if (said.kind !== 'counting') return said
  }
}

test('counts that agree with what is pending are left alone, by one script that counts nothing', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2', 'other')
  const before = await store.everything()
  expect(await store.jobs.recount(1)).toEqual({ kind: 'exact' })
  expect(await store.everything()).toEqual(before)
})

test('counts that were changed by hand are corrected, also of an application that is no longer configured', async () => {
  await using store = await openStore()
  await addInTurn(store, ['a1', 'a2', 'a3'])
  await addInTurn(store, ['b1', 'b2'], 'other')
  await addInTurn(store, ['c1'], 'gone')
  for (const application of ['demo', 'gone', 'idle']) await store.redis.hincrby(store.keys.depth, application, 7)
  expect(await untilDone(store)).toEqual({ kind: 'corrected', from: 27, to: 6 })
  expect(await depth(store)).toEqual({ demo: 3, other: 2, gone: 1, idle: 0 })
  expect(await untilDone(store)).toEqual({ kind: 'exact' })
  expect(await store.state()).not.toHaveProperty('recount')
})

test('what is pending and in no list counts for nobody', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.redis.zadd(store.keys.pending, Date.now(), 'nobodys')
  expect(await untilDone(store)).toMatchObject({ kind: 'corrected' })
  expect(await depth(store)).toEqual({ demo: 1, '': 1 })
})

test('a count in steps is exact, whatever ends, is accepted and is reopened between them', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  await addInTurn(store, ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'])
  await addInTurn(store, ['b1', 'b2', 'b3', 'b4', 'b5', 'b6'], 'other')
  await redis.hincrby(keys.depth, 'demo', 40)
  expect(await store.jobs.recount(4)).toEqual({ kind: 'counting' })
  // of those counted, and of those still to be counted
  for (const jobId of ['a1', 'a6']) await store.end(jobId, of('demo'))
  for (const jobId of ['b1', 'b6', 'b5']) await store.end(jobId, of('other'))
  await store.add('a7')
  expect(await store.jobs.recount(2)).toEqual({ kind: 'counting' })
  expect(await store.retry('a1', { application: 'demo' })).toBe('reopened')
  await store.add('b7', 'other')
  const { batch } = await store.addBatch('qrq')
  await store.end('a2', of('demo'))
  expect(await untilDone(store, 2)).toMatchObject({ kind: 'corrected', to: 11 })
  expect(await depth(store)).toEqual({ demo: 7, other: 4 })
  expect(await redis.zcard(keys.pending)).toBe(11)
  expect(batch.application).toBe('demo')
})

test.for([
  ['accepted with a deadline that the count had passed', async (store: Store) => addInTurn(store, ['a9'])],
  [
    'ended by a process that knows nothing of a count',
    async ({ redis, keys }: Store) => {
      await redis.zrem(keys.pending, 'a1')
      await redis.hincrby(keys.depth, 'demo', -1)
    },
  ],
] as const)('a count is thrown away, and the next one is exact, where a job was %s', async ([, happens]) => {
  await using store = await openStore()
  await addInTurn(store, ['a1', 'a2', 'a3', 'a4'])
  await store.redis.hincrby(store.keys.depth, 'demo', 5)
  // behind all that `happens` can bring
  await store.redis.zadd(store.keys.pending, Date.now(), 'a3', Date.now() + 1, 'a4')
  expect(await store.jobs.recount(3)).toEqual({ kind: 'counting' })
  await happens(store)
  const drifted = await depth(store)
  expect(await untilDone(store)).toEqual({ kind: 'again' })
  expect(await depth(store)).toEqual(drifted)
  expect(await untilDone(store)).toMatchObject({ kind: 'corrected' })
  expect((await depth(store))['demo']).toBe(await store.redis.zcard(store.keys.pending))
})

test('many of one millisecond are counted together', async () => {
  await using store = await openStore()
  const ids = Array.from({ length: 9 }, (_, at) => `a${at}`)
  for (const jobId of ids) await store.add(jobId)
  const at = Date.now()
  for (const jobId of ids) await store.redis.zadd(store.keys.pending, at, jobId)
  await store.redis.hset(store.keys.depth, 'demo', 1)
  expect(await store.jobs.recount(2)).toEqual({ kind: 'counting' })
  expect(await untilDone(store)).toEqual({ kind: 'corrected', from: 1, to: 9 })
})

test('a key’s job that is pending is counted once, though request and record were lost and the key is used again', async () => {
  await using store = await openStore()
  const { acceptNamed, redis, keys, sealingKeys } = store
  const connection = { emrSystem: 'Sandbox', emrInstance: store.emrInstance } as const
  const idempotency = idempotencyCandidates(sealingKeys, { application: 'demo', connection, key: 'k' }, minimal)
  const send = () => acceptNamed({ jobId: 'a1', application: 'demo', plain: Buffer.from('x'), idempotency })
  expect(await send()).toMatchObject({ kind: 'new' })
  await redis.unlink(keys.payload('a1'), keys.idempotency(idempotency[0]?.name ?? ''))
  expect(await send()).toMatchObject({ kind: 'new', jobId: 'a1' })
  expect(await store.state()).toMatchObject({ pending: { a1: inMs(terms.deadline) }, depth: { demo: '1' } })
})

test('an item that is pending is counted once, though its batch was lost and is uploaded again', async () => {
  await using store = await openStore()
  const { redis, keys } = store
  const { batch } = await store.addBatch('qq')
  await redis.unlink(...['batch', 'items', 'prints'].map((kind) => `${keys.base}:${kind}:${batch.batchId}`))
  expect(await store.addBatch('qqq', 'demo', 0, batch)).toMatchObject({ accepted: { accepted: 3 } })
  expect(await depth(store)).toEqual({ demo: 3 })
})
