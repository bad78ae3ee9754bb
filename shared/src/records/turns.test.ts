import { expect, test } from 'vitest'
import type { BatchRef } from './item-records.ts'
import { inOneTransaction } from './queue.ts'
import { appendScript, runScript } from '../redis/script.ts'
import { scripts } from './scripts.ts'
import { now, openStore, type Store } from './store-under-test.ts'

/** What turns.lua says when it is asked for as many items as make the queue hold `window`, with the lock let go of afterwards unless `held`. */
async function turnsOf(
  store: Store,
  window: number,
  {
    shares = {},
    keyIds = ['k1+print'],
    held = false,
    atMost = 100,
  }: { shares?: Record<string, number>; keyIds?: string[]; held?: boolean; atMost?: number } = {},
) {
  const { keys, redis } = store
  const asked = { base: keys.base, window, atMost, lockMs: 60_000, keys: keyIds.map((keyId) => ({ keyId })) }
  const each = Object.entries(shares).map(([application, share]) => ({ application, share }))
  const said = await runScript(redis, scripts.turns, keys, asked, each)
  if (!held) await redis.unlink(keys.turning)
  const [kind, missing, time, tags = [], picked = []] = said
  if (kind !== 'turns') return missing ? { kind, missing } : { kind }
  return { kind, missing, time, tags: pairsOf(tags), picked: picksOf(picked) }
}

function pairsOf(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(Array.from({ length: flat.length / 2 }, (_, at) => [flat[at * 2], flat[at * 2 + 1]]))
}

function picksOf(flat: readonly unknown[]): unknown[][] {
  const withoutPrints = (part: unknown) => (Array.isArray(part) ? part.filter((_, at) => at % 2 === 0) : part)
  return Array.from({ length: flat.length / 5 }, (_, at) => flat.slice(at * 5, at * 5 + 5).map(withoutPrints))
}

/** What openTurns does with what was picked: hands it over. */
async function give(
  store: Store,
  batch: BatchRef,
  indexes: readonly number[],
  time: string,
  tags: Record<string, string>,
) {
  const { keys } = store
  return inOneTransaction(
    store.queue,
    (transaction) => {
      const touched = { batch: keys.batch(batch.batchId), items: keys.items(batch.batchId) }
      const taken = indexes.map((index) => ({ index }))
      const moved = Object.entries(tags).map(([application, tag]) => ({ application, tag }))
      appendScript(transaction, scripts.turnsTaken, touched, {}, taken)
      appendScript(transaction, scripts.turnsGiven, keys, { time }, moved)
    },
    [],
  )
}

test('nobody waits: nothing is picked and the right to pick is not taken', async () => {
  await using store = await openStore()
  expect(await turnsOf(store, 4, { held: true })).toEqual({ kind: 'empty', missing: [] })
  expect(await store.state()).toEqual({})
})

test('no more is picked than there is room for, whatever kind of job is there', async () => {
  await using store = await openStore()
  await store.addBatch('qqqqqqqq')
  const { wait, paused, prioritized } = store.keys
  await store.redis.lpush(wait, 'x1', 'x2')
  await store.redis.lpush(paused, 'x3')
  await store.redis.zadd(prioritized, 1, 'x4')
  expect(await turnsOf(store, 4, { held: true })).toEqual({ kind: 'full' })
  expect(await turnsOf(store, 3, { held: true })).toEqual({ kind: 'full' })
  expect(await store.redis.exists(store.keys.turning)).toBe(0)
  expect(await turnsOf(store, 5)).toMatchObject({
    picked: [[expect.anything(), 'demo', 'k1+print', expect.anything(), [0]]],
  })
  expect(await turnsOf(store, 6)).toMatchObject({
    picked: [[expect.anything(), 'demo', 'k1+print', expect.anything(), [0, 1]]],
  })
})

test('no more is picked than may be handed over at once', async () => {
  await using store = await openStore()
  await store.addBatch('qqq')
  expect(await turnsOf(store, 9, { atMost: 2 })).toMatchObject({ picked: [expect.arrayContaining([[0, 1]])] })
})

test('one at a time picks, and loses the right after its time', async () => {
  await using store = await openStore()
  await store.addBatch('q')
  expect(await turnsOf(store, 1, { held: true })).toMatchObject({ kind: 'turns' })
  expect(await store.redis.pttl(store.keys.turning)).toBeGreaterThan(50_000)
  expect(await store.redis.pttl(store.keys.turning)).toBeLessThanOrEqual(60_000)
  expect(await turnsOf(store, 1, { held: true })).toEqual({ kind: 'busy' })
})

test('picks in order, over what has had its turn, and says what the jobs are to be called', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('qqrqq')
  const { batchId } = batch
  await store.redis.setrange(store.keys.items(batchId), 0, 't')
  await store.redis.hset(store.keys.batch(batchId), 'createdAt', 77)
  expect(await turnsOf(store, 2)).toEqual({
    kind: 'turns',
    missing: [],
    time: '1',
    tags: { demo: '2' },
    picked: [[batchId, 'demo', 'k1+print', '77', [1, 3]]],
  })
  // where it began is where the next one looks
  expect(await store.redis.hget(store.keys.batch(batchId), 'next')).toBe('1')
  await store.redis.hset(store.keys.batch(batchId), 'next', 4)
  expect(await turnsOf(store, 9)).toMatchObject({
    picked: [[batchId, 'demo', 'k1+print', '77', [4]]],
    tags: { demo: '1' },
  })
})

test('what waits far behind what has ended is found', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('q')
  const { items, batch: record } = store.keys
  for (const place of [4_095, 4_096, 8_191, 8_192]) {
    await store.redis.set(items(batch.batchId), `${'s'.repeat(place)}q`)
    await store.redis.hset(record(batch.batchId), 'next', 0)
    expect(await turnsOf(store, 3)).toMatchObject({
      picked: [[batch.batchId, 'demo', 'k1+print', expect.anything(), [place]]],
    })
  }
  await store.redis.set(items(batch.batchId), 's'.repeat(4_096))
  expect(await turnsOf(store, 3)).toEqual({ kind: 'empty', missing: [] })
})

test('an application’s batches go by age, and a younger one’s turn comes when the older one is empty', async () => {
  await using store = await openStore()
  const [old, young] = [await store.addBatch('qq'), await store.addBatch('qqq')]
  const backlog = store.keys.backlog('demo')
  await store.redis.zadd(backlog, 2, old.batch.batchId, 3, young.batch.batchId)
  const said = await turnsOf(store, 4)
  expect(said.picked).toEqual([
    [old.batch.batchId, 'demo', 'k1+print', expect.anything(), [0, 1]],
    [young.batch.batchId, 'demo', 'k1+print', expect.anything(), [0, 1]],
  ])
  // what was only picked may not be taken after all
  expect(await store.redis.zcard(backlog)).toBe(2)
  await store.redis.set(store.keys.items(old.batch.batchId), 'tt')
  expect(await turnsOf(store, 1)).toMatchObject({
    picked: [[young.batch.batchId, 'demo', 'k1+print', expect.anything(), [0]]],
  })
  expect(await store.redis.zrange(backlog, '0', '-1')).toEqual([young.batch.batchId])
})

test('a batch that is gone leaves the line, and the application with its last one, with the tag that it had', async () => {
  await using store = await openStore()
  await store.addBatch('q')
  await store.redis.zadd(store.keys.turns, '2.1', 'demo')
  const { batch } = await store.addBatch('q', 'other')
  await store.redis.unlink(store.keys.batch(batch.batchId), store.keys.items(batch.batchId))
  await store.redis.zadd(store.keys.turns, '0.1', 'other')
  expect(await turnsOf(store, 3)).toMatchObject({
    kind: 'turns',
    time: '2.1000000000000001',
    tags: { demo: '3.1000000000000001' },
  })
  const state = await store.state()
  expect(state).not.toHaveProperty('backlog:other')
  expect(state['turns']).toEqual({ demo: '2.1000000000000001' })
  expect(state['fair']).toEqual({ other: '0.10000000000000001' })
})

test('only the last who waits leaves: nothing is picked, and the right to pick is given back', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('q')
  await store.redis.set(store.keys.items(batch.batchId), 't')
  expect(await turnsOf(store, 3, { held: true })).toEqual({ kind: 'empty', missing: [] })
  const state = await store.state()
  expect(state['fair']).toEqual({ demo: '0' })
  for (const gone of ['turns', 'turning', 'backlog:demo']) expect(state).not.toHaveProperty([gone])
})

test('applications share by their weights, the smallest tag first', async () => {
  await using store = await openStore()
  const heavy = await store.addBatch('q'.repeat(9), 'heavy')
  const light = await store.addBatch('q'.repeat(9), 'light')
  const said = await turnsOf(store, 8, { shares: { heavy: 3, light: 1 } })
  const indexes = Object.fromEntries((said.picked ?? []).map(([id, , , , items]) => [id as string, items]))
  expect(indexes).toEqual({
    [heavy.batch.batchId]: [0, 1, 2, 3, 4, 5],
    [light.batch.batchId]: [0, 1],
  })
  expect(said.tags).toEqual({ heavy: '1.9999999999999998', light: '2' })
  expect(Number(said.time)).toBeCloseTo(5 / 3)
  // nothing is decided yet
  expect((await store.state())['turns']).toEqual({ heavy: '0', light: '0' })
})

test('an application that is not configured has a share of 1', async () => {
  await using store = await openStore()
  await store.addBatch('qqqq')
  expect(await turnsOf(store, 2, { shares: { another: 8 } })).toMatchObject({ time: '1', tags: { demo: '2' } })
})

test('a batch whose key is missing is passed over and waits on; its application is not behind when the key is back', async () => {
  await using store = await openStore()
  const locked = await store.addBatch('qq')
  await store.redis.hset(store.keys.batch(locked.batch.batchId), 'key', 'k0')
  const second = await store.addBatch('qq')
  await store.redis.hset(store.keys.batch(second.batch.batchId), 'key', 'k0')
  const open = await store.addBatch('qq')
  const { batchId } = open.batch
  const backlog = store.keys.backlog('demo')
  await store.redis.zadd(backlog, 1, locked.batch.batchId, 2, second.batch.batchId, 3, batchId)
  expect(await turnsOf(store, 1)).toMatchObject({
    missing: ['k0'],
    picked: [[batchId, 'demo', 'k1+print', expect.anything(), [0]]],
    tags: { demo: '1' },
  })
  // with the key in hand nothing is missing
  expect(await turnsOf(store, 1, { keyIds: ['k1+print', 'k0'] })).toMatchObject({
    missing: [],
    picked: [[locked.batch.batchId, 'demo', 'k0', expect.anything(), [0]]],
  })
  const other = await store.addBatch('qqq', 'other')
  await store.redis.unlink(store.keys.items(batchId))
  const said = await turnsOf(store, 3)
  expect(said).toMatchObject({ missing: ['k0'], time: '2', tags: { demo: '2', other: '3' } })
  expect(said.picked).toEqual([[other.batch.batchId, 'other', 'k1+print', expect.anything(), [0, 1, 2]]])
  expect((await store.state())['turns']).toEqual({ demo: '0', other: '0' })
  expect(await store.redis.zrange(backlog, '0', '-1')).toEqual([locked.batch.batchId, second.batch.batchId])
})

test('every batch waits for its key: nothing is picked, the line stays as it is', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('q')
  const before = await store.state()
  expect(await turnsOf(store, 3, { keyIds: [] })).toEqual({ kind: 'empty', missing: ['k1+print'] })
  expect(await store.state()).toEqual(before)
  expect(await store.redis.zscore(store.keys.backlog('demo'), batch.batchId)).not.toBeNull()
})

test('what had its turn is counted as taken, and what ended meanwhile is not', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('qqqr')
  const { batchId } = batch
  expect(await give(store, batch, [0, 2, 3], '5', { demo: '7' })).toEqual([2, 0])
  expect(await store.state()).toMatchObject({
    [`items:${batchId}`]: 'tqtr',
    [`batch:${batchId}`]: { q: '1', t: '2', r: '1' },
  })
  const before = await store.state()
  expect(await give(store, batch, [0, 3], '5', {})).toEqual([0, 0])
  expect(await store.state()).toEqual(before)
})

test('a single item that had its turn is counted, too', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('qq')
  expect(await give(store, batch, [1], '5', {})).toEqual([1, 0])
  expect(await store.state()).toMatchObject({
    [`items:${batch.batchId}`]: 'qt',
    [`batch:${batch.batchId}`]: { q: '1', t: '1' },
  })
})

test('giving turns moves the tags of those that wait, and lets go of the right', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('q')
  await store.redis.set(store.keys.turning, '1')
  expect(await give(store, batch, [], '5.5', { gone: '3', demo: '7' })).toEqual([0, 1])
  expect(await store.state()).toMatchObject({ turns: { demo: '7' }, fair: { ':now': '5.5' } })
  expect(await store.state()).not.toHaveProperty('turning')
  expect((await store.state())['turns']).toEqual({ demo: '7' })
})

test.for([
  ['the time of now, if it was away', { ':now': '8', demo: '3' }, '8'],
  ['its own tag, if it was served ahead', { ':now': '3', demo: '8' }, '8'],
  ['nought, if nobody was served', {}, '0'],
] as const)('who comes to an empty line starts at %s', async ([, fair, tag]) => {
  await using store = await openStore()
  if (Object.keys(fair).length > 0) await store.redis.hset(store.keys.fair, fair)
  const { batch } = await store.addBatch('q')
  expect(await store.state()).toMatchObject({ turns: { demo: tag }, 'backlog:demo': { [batch.batchId]: now() } })
})
