import { expect, test, vi } from 'vitest'
import { PRINT_BYTES, type ItemRecord } from './item-records.ts'
import { runScript } from '../redis/script.ts'
import { scripts } from './scripts.ts'
import { inMs, near, now, openStore, outcomeOf, terms, type Store } from './store-under-test.ts'

const sealed = expect.any(String) as string

/** What batch-accept.lua says of a batch of one application when it is told of items as they are, with at most two rejections kept. */
async function acceptRaw(store: Store, batchId: string, items: readonly ItemRecord[]) {
  const { keys } = store
  const touched = {
    ...keys,
    batch: keys.batch(batchId),
    items: keys.items(batchId),
    prints: keys.prints(batchId),
    rejections: keys.rejections(batchId),
    jobs: keys.jobs('demo'),
    backlog: keys.backlog('demo'),
  }
  const first = await store.redis.strlen(keys.items(batchId))
  const terms = { deadlineMs: 1_000_000, payloadMs: 2_000_000, resultMs: 3_000_000, rejectionsAtMost: 2 }
  const about = { base: keys.base, application: 'demo', batchId, keyId: 'k1', first, ...terms, idempotency: undefined }
  return runScript(store.redis, scripts.batchAccept, touched, about, items)
}

test('the first items make the batch: a letter and a print for each, and a job for each that is valid', async () => {
  await using store = await openStore()
  const { batch, accepted, jobs } = await store.addBatch('qrq')
  const { batchId } = batch
  const [first = '', , third = ''] = jobs
  expect(accepted).toEqual({ kind: 'accepted', accepted: 2, rejected: 1 })
  expect(await store.state()).toEqual({
    [`batch:${batchId}`]: {
      application: 'demo',
      key: 'k1+print',
      createdAt: now(),
      updatedAt: now(),
      uploadedAt: now(),
      q: '2',
      r: '1',
    },
    receiving: { [batchId]: now() },
    [`items:${batchId}`]: 'qrq',
    [`prints:${batchId}`]: expect.any(String),
    [`rejections:${batchId}`]: { 1: sealed },
    [`payload:${first}`]: sealed,
    [`payload:${third}`]: sealed,
    pending: { [first]: inMs(terms.deadline), [third]: inMs(terms.deadline) },
    'jobs:demo': { [first]: now(), [third]: now() },
    depth: { demo: '2' },
    turns: { demo: '0' },
    'backlog:demo': { [batchId]: now() },
  })
  expect(await store.ttls()).toMatchObject({
    [`batch:${batchId}`]: -1,
    [`items:${batchId}`]: -1,
    [`prints:${batchId}`]: -1,
    [`rejections:${batchId}`]: -1,
    [`payload:${first}`]: near(terms.payload),
  })
  expect(await store.redis.strlen(store.keys.prints(batchId))).toBe(3 * PRINT_BYTES)
  expect(
    await store.batches.knownItems(
      batch,
      0,
      store.items(batch, 0, 'qrq').map((_, at) => ({ bytes: Buffer.from(`line ${at}`) })),
    ),
  ).toBe(3)
  // BullMQ learns of an item only when its turn has come
  expect(await store.queue.getWaitingCount()).toBe(0)
  for (const [at, jobId] of [first, third].entries()) {
    const routing = { application: 'demo', BatchId: batchId, ItemIndex: at * 2 }
    expect(await store.jobs.find(jobId)).toEqual({ jobId, routing, createdAt: now() })
  }
})

test('a batch of nothing but rejected lines waits for no turn', async () => {
  await using store = await openStore()
  const { batch, accepted } = await store.addBatch('r')
  expect(accepted).toEqual({ kind: 'accepted', accepted: 0, rejected: 1 })
  expect(Object.keys(await store.state()).sort()).toEqual([
    ...['batch', 'items', 'prints'].map((kind) => `${kind}:${batch.batchId}`),
    'receiving',
    `rejections:${batch.batchId}`,
  ])
})

test('items that follow are counted on, in the batch that there is', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('q')
  const { batchId } = batch
  await store.redis.hset(store.keys.batch(batchId), { createdAt: 77, updatedAt: 78 })
  await store.redis.zadd(store.keys.turns, 9, 'demo')
  expect(await store.addBatch('qr', 'demo', 1, batch)).toMatchObject({ accepted: { accepted: 1, rejected: 1 } })
  expect(await store.state()).toMatchObject({
    [`batch:${batchId}`]: { createdAt: '77', updatedAt: now(), q: '2', r: '1' },
    [`items:${batchId}`]: 'qqr',
    [`rejections:${batchId}`]: { 2: sealed },
    depth: { demo: '2' },
    // who is in line already keeps the place
    turns: { demo: '9' },
    'backlog:demo': { [batchId]: '77' },
  })
})

test('items that are known already are not stored or counted again, those behind them are', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qr')
  const { batchId } = batch
  await store.end(
    jobs[0] ?? '',
    outcomeOf({ status: 'Succeeded', routing: { application: 'demo', BatchId: batchId, ItemIndex: 0 } }),
  )
  const before = await store.everything()
  expect(await store.addBatch('qr', 'demo', 0, batch)).toMatchObject({
    accepted: { kind: 'accepted', accepted: 0, rejected: 0 },
  })
  expect(await store.addBatch('r', 'demo', 1, batch)).toMatchObject({ accepted: { accepted: 0, rejected: 0 } })
  expect(await store.everything()).toEqual(before)

  const again = await store.addBatch('qrqr', 'demo', 0, batch)
  expect(again.accepted).toEqual({ kind: 'accepted', accepted: 1, rejected: 1 })
  expect(await store.state()).toMatchObject({
    [`items:${batchId}`]: 'srqr',
    [`batch:${batchId}`]: { s: '1', r: '2', q: '1' },
    [`rejections:${batchId}`]: { 1: sealed, 3: sealed },
    pending: { [again.jobs[2] ?? '']: inMs(terms.deadline) },
    depth: { demo: '1' },
  })
  expect(await store.redis.exists(store.keys.payload(jobs[0] ?? ''))).toBe(0)
  // from the middle of what is known on, too
  const behind = await store.addBatch('qrq', 'demo', 2, batch)
  expect(behind.accepted).toMatchObject({ accepted: 1 })
  expect(await store.redis.exists(store.keys.payload(behind.jobs[2] ?? ''))).toBe(1)
  expect((await store.state())[`items:${batchId}`]).toBe('srqrq')
})

test('an item that is not what it was is named, and nothing is stored', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('qqq')
  const before = await store.everything()
  const other = store.items(batch, 7, 'qq')
  const [one, two, three] = store.items(batch, 0, 'qqq')
  if (!one || !two || !three) throw new Error('there are three items')
  const changed = { ...two, print: other[0]?.print ?? two.print }
  expect(await store.batches.accept(batch, 0, [one, changed, three, ...other])).toEqual({ kind: 'differs', index: 1 })
  expect(await store.batches.accept(batch, 1, [changed])).toEqual({ kind: 'differs', index: 1 })
  expect(await store.batches.accept(batch, 1, [two, changed])).toEqual({ kind: 'differs', index: 2 })
  expect(await store.everything()).toEqual(before)
})

test('items with a gap in front of them are refused', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('q')
  const before = await store.everything()
  await expect(store.addBatch('q', 'demo', 2, batch)).rejects.toThrow('items of a batch are missing')
  expect(await store.everything()).toEqual(before)
  expect(await store.addBatch('q', 'demo', 1, batch)).toMatchObject({ accepted: { accepted: 1 } })
})

test('what is known may come again after the end of the upload, and nothing more', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('qq')
  await store.batches.received(batch, 2)
  const before = await store.everything()
  expect(await store.addBatch('qq', 'demo', 0, batch)).toMatchObject({ accepted: { kind: 'accepted', accepted: 0 } })
  expect(await store.addBatch('qqq', 'demo', 0, batch)).toMatchObject({ accepted: { kind: 'closed', items: 2 } })
  expect(await store.everything()).toEqual(before)
})

test('a cancelled batch takes nothing, not even what it has', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('q')
  await store.batches.cancel(batch)
  const before = await store.everything()
  expect(await store.addBatch('q', 'demo', 0, batch)).toMatchObject({ accepted: { kind: 'cancelled' } })
  expect(await store.everything()).toEqual(before)
})

test('reasons are kept for the first rejected lines, of the others only that they were', async () => {
  await using store = await openStore()
  const line = (at: number, reason = 'why'): ItemRecord => {
    const print = Buffer.from(`print${at}  `.slice(0, 8))
    return { state: 'r', print, jobId: '', sealed: Buffer.from(reason) }
  }
  expect(await acceptRaw(store, 'b1', [line(0), line(1, ''), line(2), line(3)])).toEqual(['accepted', 0, 4])
  expect(await acceptRaw(store, 'b1', [line(4)])).toEqual(['accepted', 0, 1])
  expect(await store.state()).toMatchObject({
    'items:b1': 'rrrrr',
    'batch:b1': { r: '5' },
    'rejections:b1': { 0: 'why', 2: 'why' },
  })
  expect(await store.redis.hlen(store.keys.rejections('b1'))).toBe(2)
})

test('the end of an upload is noted once', async () => {
  await using store = await openStore({ announced: ['demo'] })
  const { batch } = await store.addBatch('qq')
  const { batchId } = batch
  await store.redis.hset(store.keys.batch(batchId), 'updatedAt', 5)
  expect(await store.batches.received(batch, 1)).toBe('shorter')
  expect((await store.state())[`batch:${batchId}`]).not.toHaveProperty('receivedAt')
  expect(await store.batches.received(batch, 2)).toBe('received')
  expect((await store.state())[`batch:${batchId}`]).toMatchObject({ receivedAt: now(), updatedAt: now() })
  await store.redis.hset(store.keys.batch(batchId), { receivedAt: 6, updatedAt: 7 })
  expect(await store.batches.received(batch, 2)).toBe('received')
  expect((await store.state())[`batch:${batchId}`]).toMatchObject({ receivedAt: '6', updatedAt: '7' })
  expect(await store.events()).toEqual([])
})

test.for([true, false])('an upload whose items have all ended ends its batch; announced: %s', async (announce) => {
  await using store = await openStore(announce ? { announced: ['demo'] } : {})
  const { batch } = await store.addBatch('rr')
  const { batchId: BatchId } = batch
  using listening = await store.listenFor(BatchId)
  expect(await store.batches.received(batch, 2)).toBe('received')
  expect(await store.batches.read(BatchId)).toMatchObject({ round: 1, view: { Status: 'Finished', Rejected: 2 } })
  expect(await store.events()).toEqual(announce ? [{ BatchId, Round: 1, At: now(), Application: 'demo' }] : [])
  expect(await listening.told).toEqual([BatchId])
  const times = (await store.events()).map((event) => event?.At)
  expect(times).toEqual(announce ? [now()] : [])
  // once per round
  const before = await store.everything()
  expect(await store.batches.received(batch, 2)).toBe('received')
  expect(await store.everything()).toEqual(before)
})

test.for(['q', 't'])('a batch with an item in state %s has not ended', async (letter) => {
  await using store = await openStore({ announced: ['demo'] })
  const { batch } = await store.addBatch('q')
  if (letter === 't') await store.redis.hset(store.keys.batch(batch.batchId), { q: 0, t: 1 })
  await store.batches.received(batch, 1)
  expect(await store.batches.read(batch.batchId)).toMatchObject({ view: { Status: 'Running' } })
  expect(await store.events()).toEqual([])
})

test('a batch that is cancelled leaves the line, is complete, and is noted for the workers', async () => {
  await using store = await openStore({ announced: ['demo'] })
  const { batch } = await store.addBatch('qr')
  const { batchId } = batch
  await store.redis.hset(store.keys.batch(batchId), 'updatedAt', 5)
  expect(await store.batches.cancel(batch)).toBe('cancelling')
  const state = await store.state()
  expect(state[`batch:${batchId}`]).toMatchObject({ cancelledAt: now(), receivedAt: now(), updatedAt: now() })
  expect(state['cancelling']).toEqual({ [batchId]: now() })
  expect(state).not.toHaveProperty('backlog:demo')
  expect(state).not.toHaveProperty('events-out')
  const before = await store.everything()
  expect(await store.batches.cancel(batch)).toBe('cancelling')
  expect(await store.batches.received(batch, 2)).toBe('cancelled')
  expect(await store.everything()).toEqual(before)
})

test('a cancelled batch keeps the time at which its upload ended', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('q')
  await store.batches.received(batch, 1)
  await store.redis.hset(store.keys.batch(batch.batchId), 'receivedAt', 6)
  await store.batches.cancel(batch)
  expect((await store.state())[`batch:${batch.batchId}`]).toMatchObject({ receivedAt: '6' })
})

test.for([true, false])('a batch without live items ends as it is cancelled; announced: %s', async (announce) => {
  await using store = await openStore(announce ? { announced: ['demo'] } : {})
  const { batch } = await store.addBatch('r')
  using listening = await store.listenFor(batch.batchId)
  expect(await store.batches.cancel(batch)).toBe('cancelling')
  expect(await listening.told).toEqual([batch.batchId])
  expect(await store.events()).toHaveLength(announce ? 1 : 0)
  const before = await store.everything()
  expect(await store.batches.cancel(batch)).toBe('finished')
  expect(await store.everything()).toEqual(before)
})

test('a batch and its key have no term while an item waits, and from then on that of results, also if its upload broke off', async () => {
  await using store = await openStore()
  const { batch, known } = await store.batches.batchOf('demo', 'monday')
  expect(known).toBe(false)
  const { batchId } = batch
  const kinds = [`batch-key:${batch.idempotency}`, ...['batch', 'items', 'prints'].map((kind) => `${kind}:${batchId}`)]
  const terms3 = async () => {
    const ttls = await store.ttls()
    return kinds.map((kind) => ttls[kind])
  }
  const end = async (jobId = '', ItemIndex: number) => {
    const routing = { application: 'demo', BatchId: batchId, ItemIndex }
    expect(await store.end(jobId, outcomeOf({ routing }))).toBe('recorded')
  }
  const { jobs } = await store.addBatch('qq', 'demo', 0, batch)
  expect(await terms3()).toEqual([-1, -1, -1, -1])
  await end(jobs[0], 0)
  expect(await terms3()).toEqual([-1, -1, -1, -1])
  await end(jobs[1], 1)
  expect(await terms3()).toEqual(kinds.map(() => near(terms.result)))
  expect(await store.batches.batchOf('demo', 'monday')).toEqual({ batch, known: true })
  const { jobs: more } = await store.addBatch('q', 'demo', 2, batch)
  expect(await terms3()).toEqual([-1, -1, -1, -1])
  await end(more[0], 2)
  await store.redis.pexpire(store.keys.batch(batchId), 60_000)
  await store.batches.received(batch, 3)
  expect(await terms3()).toEqual(kinds.map(() => near(terms.result)))
  // a repeat of a finished upload does not keep it longer
  await store.redis.pexpire(store.keys.batch(batchId), 60_000)
  await store.batches.received(batch, 3)
  expect(await store.redis.pttl(store.keys.batch(batchId))).toEqual(near(60_000))
})

test('two uploads that begin at once under one key are one batch, also in two periods and under a rotated sealing key', async () => {
  await using store = await openStore()
  await using rotated = await openStore({ like: store.emrInstance, keyIds: ['k2', 'k1'] })
  const { batch } = await store.batches.batchOf('demo', 'monday')
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + terms.result)
  expect(await rotated.batches.batchOf('demo', 'monday')).toEqual({ batch, known: false })
  expect(await store.batches.findBatchOf('demo', 'tuesday')).toBeUndefined()
  await store.redis.unlink(store.keys.batchKey(batch.idempotency ?? ''))
  const { batch: later } = await store.batches.batchOf('demo', 'monday')
  vi.restoreAllMocks()
  expect(later.batchId).not.toBe(batch.batchId)
})

test('a store that forgot a batch gives its lines the same JobIds, and other lines others', async () => {
  await using store = await openStore()
  const { batch } = await store.batches.batchOf('demo', 'monday')
  const { jobs } = await store.addBatch('qq', 'demo', 0, batch)
  const forgotten = await store.redis.keys(`${store.keys.base}:*`)
  await store.redis.unlink(...forgotten)
  const { batch: again } = await store.batches.batchOf('demo', 'monday')
  expect(store.items(again, 0, 'qq').map(({ jobId }) => jobId)).toEqual(jobs)
  const [other] = store.items(again, 0, 'q', 'another line')
  expect(jobs).not.toContain(other?.jobId)
})

test('JobIds are made again of what is stored, for any items between two', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qrqq')
  expect(await store.batches.jobIdsOf(batch, [0, 2, 3])).toEqual([jobs[0], jobs[2], jobs[3]])
  expect(await store.batches.jobIdsOf(batch, [2])).toEqual([jobs[2]])
  expect(await store.batches.jobIdsOf(batch, [])).toEqual([])
})

/** As if nothing had come of this upload for `ms`. */
async function silentFor(store: Store, batchId: string, ms: number): Promise<void> {
  await store.redis.hset(store.keys.batch(batchId), 'uploadedAt', Date.now() - ms)
  await store.redis.zadd(store.keys.receiving, Date.now() - ms, batchId)
}

test.for(['demo', 'other'])(
  'an upload that broke off is closed once, and ends with its last item; announced to demo, is %s’s',
  async (application) => {
    await using store = await openStore({ announced: ['demo'] })
    const { batch, jobs } = await store.addBatch('qr', application)
    const { batchId: BatchId } = batch
    using listening = await store.listenFor(BatchId)
    await silentFor(store, BatchId, 10_000)
    expect(await store.batches.abandoned(20_000, 10)).toEqual({ looked: 0, closed: [] })
    expect(await store.batches.abandoned(5_000, 10)).toEqual({ looked: 1, closed: [BatchId] })
    const state = await store.state()
    expect(state[`batch:${BatchId}`]).toMatchObject({ receivedAt: now(), abandonedAt: now(), updatedAt: now() })
    expect(state).not.toHaveProperty('receiving')
    const open = (await store.batches.read(BatchId))?.view
    expect(open).toMatchObject({ Status: 'Running', Abandoned: true })
    expect(open).not.toHaveProperty('ReceivedAt')
    expect(await store.batches.abandoned(5_000, 10)).toEqual({ looked: 0, closed: [] })
    expect((await store.addBatch('qrq', application, 0, batch)).accepted).toEqual({ kind: 'abandoned', items: 2 })

    const routing = { application, BatchId, ItemIndex: 0 }
    await store.end(jobs[0] ?? '', outcomeOf({ routing }))
    expect(await listening.told).toEqual([BatchId])
    expect((await store.batches.read(BatchId))?.view).toMatchObject({ Status: 'Finished', Abandoned: true })
  },
)

test.for(['demo', 'other'])(
  'an abandoned upload of which nothing is under way ends at once; announced to demo, is %s’s',
  async (application) => {
    await using store = await openStore({ announced: ['demo'] })
    const { batch } = await store.addBatch('r', application)
    const { batchId: BatchId } = batch
    await silentFor(store, BatchId, 10_000)
    await store.redis.pexpire(store.keys.batch(BatchId), 60_000)
    await store.batches.abandoned(5_000, 10)
    expect((await store.batches.read(BatchId))?.view).toMatchObject({ Status: 'Finished', Abandoned: true })
    const event = { BatchId, Round: 1, At: now(), Application: 'demo' }
    expect(await store.events()).toEqual(application === 'demo' ? [event] : [])
    expect(await store.ttls()).toMatchObject({ [`batch:${BatchId}`]: near(terms.result) })
  },
)

test('an upload that has come to its end, was cancelled, is gone or has gone on is not closed', async () => {
  await using store = await openStore()
  const { batches, redis, keys } = store
  const [whole, cancelled, gone, goesOn] = await Promise.all(
    ['r', 'r', 'r', 'r'].map((letter) => store.addBatch(letter)),
  )
  if (!whole || !cancelled || !gone || !goesOn) throw new Error('there are four batches')
  for (const { batch } of [whole, cancelled, gone, goesOn]) await silentFor(store, batch.batchId, 10_000)
  await batches.received(whole.batch, 1)
  expect(await redis.zscore(keys.receiving, whole.batch.batchId)).toBeNull()
  await batches.cancel(cancelled.batch)
  await redis.unlink(keys.batch(gone.batch.batchId))
  await store.addBatch('r', 'demo', 1, goesOn.batch)
  expect(await batches.abandoned(5_000, 10)).toEqual({ looked: 3, closed: [] })
  expect((await store.state())['receiving']).toEqual({ [goesOn.batch.batchId]: now() })
  expect((await batches.read(cancelled.batch.batchId))?.view).not.toHaveProperty('Abandoned')
})

test('an upload that begins again under its key is not closed meanwhile, and one that is asked for is', async () => {
  await using store = await openStore()
  const { batches } = store
  const { batch } = await batches.batchOf('demo', 'monday')
  await store.addBatch('r', 'demo', 0, batch)
  await silentFor(store, batch.batchId, 10_000)
  await batches.batchOf('demo', 'monday')
  expect(await batches.abandoned(5_000, 10)).toEqual({ looked: 1, closed: [] })
  await silentFor(store, batch.batchId, 10_000)
  await batches.findBatchOf('demo', 'monday')
  expect(await batches.abandoned(5_000, 10)).toEqual({ looked: 1, closed: [batch.batchId] })
  // the end of the upload was all that was missing
  expect(await batches.received(batch, 1)).toBe('received')
  expect((await batches.read(batch.batchId))?.view).not.toHaveProperty('Abandoned')
})

test('an upload is closed before its batch could be gone', async () => {
  await using store = await openStore()
  const { batch } = await store.addBatch('r')
  await silentFor(store, batch.batchId, terms.result / 2 - 10_000)
  expect(await store.batches.abandoned(10 * terms.result, 10)).toMatchObject({ closed: [] })
  await silentFor(store, batch.batchId, terms.result / 2 + 10_000)
  expect(await store.batches.abandoned(10 * terms.result, 10)).toMatchObject({ closed: [batch.batchId] })
})

test('a batch is kept for good while an item waits or is taken, and has its term when none does', async () => {
  await using store = await openStore()
  const term = async (letters: string, more?: (batchId: string) => Promise<unknown>) => {
    const { batch } = await store.addBatch(letters)
    await more?.(batch.batchId)
    await store.addBatch('r', 'demo', letters.length, batch)
    return (await store.ttls())[`batch:${batch.batchId}`]
  }
  expect(await term('rr')).toEqual(near(terms.result))
  expect(await term('qr')).toBe(-1)
  const taken = async (batchId: string) => {
    await store.redis.setrange(store.keys.items(batchId), 0, 't')
    await store.redis.hset(store.keys.batch(batchId), { q: 0, t: 1 })
  }
  expect(await term('qr', taken)).toBe(-1)
  const ended = async (batchId: string) => {
    await store.redis.setrange(store.keys.items(batchId), 0, 's')
    await store.redis.hset(store.keys.batch(batchId), { q: 0, t: 0, s: 1 })
  }
  expect(await term('qr', ended)).toEqual(near(terms.result))
})
