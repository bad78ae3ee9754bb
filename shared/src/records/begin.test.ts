import { expect, test } from 'vitest'
import { near, now, openStore, outcomeOf, terms, type Store } from './store-under-test.ts'

const dispatchOf = async (store: Store, jobId = 'a1') => (await store.state())[`dispatch:${jobId}`]

/** Settles attempt 1 of round 1. */
const settleFirst = (store: Store, state: 'rejected' | 'unknown' | 'unspent', endsInMs = 0) =>
  store.jobs.settle('a1', { round: 1, attempt: 1, state, nextInMs: 4_000, statusCode: 502, endsInMs })

test('marks the call, keeps mark and request until there is an outcome, and hands over the request', async () => {
  await using store = await openStore()
  await store.add('a1')
  const begun = await store.jobs.begin('a1')
  expect(begun).toMatchObject({
    kind: 'go',
    round: 1,
    attempt: 1,
    deadlineInMs: near(terms.deadline),
    doubt: false,
    probing: false,
  })
  const payload = begun.kind === 'go' ? begun.payload : Buffer.alloc(0)
  expect(store.jobs.openPayload('a1', 'demo', payload).toString()).toBe('request of a1')
  expect(await dispatchOf(store)).toEqual({ state: 'dispatching', attempt: '1', sentAt: now(), firstSentAt: now() })
  expect(await store.ttls()).toMatchObject({ 'dispatch:a1': -1, 'payload:a1': -1 })
})

test('a job that was never accepted, one that has ended and one without its request are no calls', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  await store.end('a1', outcomeOf())
  await store.redis.unlink(store.keys.payload('a2'))
  const before = await store.state()
  expect(await store.jobs.begin('a0')).toEqual({ kind: 'unaccepted' })
  expect(await store.jobs.begin('a1')).toEqual({ kind: 'finished' })
  expect(await store.jobs.begin('a2')).toEqual({ kind: 'erased', doubt: false })
  expect(await store.state()).toEqual(before)
})

test('a job whose request ran out, as an older version let it: never sent it has expired, in doubt it stays so', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  await store.jobs.begin('a2')
  await store.redis.unlink(store.keys.payload('a1'), store.keys.payload('a2'))
  await store.redis.zadd(store.keys.pending, 1, 'a1', 1, 'a2')
  expect(await store.jobs.begin('a1')).toEqual({ kind: 'expired', doubt: false })
  expect(await store.jobs.begin('a2')).toEqual({ kind: 'erased', doubt: true })
})

test('an open breaker parks for as long as it is open; one whose time is up lets a probe through', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.redis.hset(store.keys.breaker, { openUntil: Date.now() + 60_000 })
  expect(await store.jobs.begin('a1')).toEqual({ kind: 'parked', forMs: near(60_000) })
  expect(await dispatchOf(store)).toBeUndefined()
  await store.redis.hset(store.keys.breaker, { openUntil: Date.now() - 1 })
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', probing: true })
})

test('a half-open breaker lets one job through at a time, until that one is overdue', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  await store.redis.hset(store.keys.breaker, { openUntil: Date.now() - 1 })
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', probing: true })
  expect(await store.jobs.begin('a2')).toEqual({ kind: 'parked', forMs: near(12_000) })
  // the probe itself may go on, after it has asked
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'dangling', probing: true })
  await store.redis.hset(store.keys.breaker, { probeUntil: Date.now() - 1 })
  expect(await store.jobs.begin('a2')).toMatchObject({ kind: 'go', probing: true })
  await store.records.breaker.releaseProbe()
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'dangling', probing: true })
})

test('a job that is asked about is the probe of a half-open breaker, too', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.add('a2')
  await store.jobs.begin('a1')
  await store.redis.hset(store.keys.breaker, { openUntil: Date.now() - 1 })
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'dangling', probing: true })
  expect(await store.jobs.begin('a2')).toEqual({ kind: 'parked', forMs: near(12_000) })
})

test('a call that was not taken spends no attempt, and the next one knows how often that happened', async () => {
  await using store = await openStore()
  await store.add('a1')
  for (const waits of [0, 1, 2]) {
    expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', attempt: 1, waits })
    const unspent = { round: 1, attempt: 1, state: 'unspent', nextInMs: 4_000, statusCode: 0 } as const
    await store.jobs.settle('a1', { ...unspent, waitsFor: 'unreachable' })
    expect((await store.jobs.view('a1'))?.job).toMatchObject({
      Status: 'Parked',
      ParkedReason: 'the EMR cannot be reached',
      Attempts: 0,
    })
    expect(Number(await store.redis.hget(store.keys.dispatch('a1'), 'nextAttemptAt'))).toEqual(near(Date.now() + 4_000))
  }
  const before = await store.redis.hgetall(store.keys.dispatch('a1'))
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', waits: 3 })
  await settleFirst(store, 'rejected')
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', waits: 0 })
  await store.redis.unlink(store.keys.dispatch('a1'))
  await store.redis.hset(store.keys.dispatch('a1'), before)
  await store.redis.zadd(store.keys.pending, 1, 'a1')
  expect(await store.jobs.begin('a1')).toEqual({ kind: 'expired', doubt: false, waitsFor: 'unreachable' })
  await store.redis.unlink(store.keys.payload('a1'))
  expect(await store.jobs.begin('a1')).toEqual({ kind: 'expired', doubt: false, waitsFor: 'unreachable' })
})

test('a mark that nobody settled dangles from when the call was sent', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.redis.hincrby(store.keys.dispatch('a1'), 'sentAt', -60_000)
  const before = await store.state()
  const dangling = { kind: 'dangling', round: 1, attempt: 1, state: 'dispatching', statusCode: undefined, doubt: true }
  expect(await store.jobs.begin('a1')).toMatchObject({
    ...dangling,
    sinceMs: near(60_000),
    deadlineInMs: near(terms.deadline),
    probing: false,
    payload: expect.any(Buffer) as Buffer,
    firstAttemptAt: now(),
    suspected: false,
  })
  // nor may who names another attempt go on from this one
  expect(await store.jobs.begin('a1', { attempt: 2, as: 'absent' })).toMatchObject(dangling)
  expect(await store.state()).toEqual(before)
})

test('an attempt in doubt dangles from when it can have ended, with its code', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.redis.hincrby(store.keys.dispatch('a1'), 'sentAt', -60_000)
  await settleFirst(store, 'unknown', 20_000)
  await store.redis.hset(store.keys.breaker, { openUntil: 1 })
  expect(await store.jobs.begin('a1')).toMatchObject({
    kind: 'dangling',
    attempt: 1,
    state: 'unknown',
    sinceMs: near(-20_000),
    statusCode: 502,
    probing: true,
    doubt: true,
  })
})

test('goes on from an attempt that the EMR surely has nothing of, without doubt', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await settleFirst(store, 'unknown', 20_000)
  await store.redis.hset(store.keys.dispatch('a1'), 'doubt', 1)
  expect(await store.jobs.begin('a1', { attempt: 1, as: 'absent' })).toMatchObject({
    kind: 'go',
    round: 1,
    attempt: 2,
    doubt: false,
  })
  expect(await dispatchOf(store)).toEqual({
    state: 'dispatching',
    attempt: '2',
    sentAt: now(),
    firstSentAt: now(),
    code: '502',
  })
  expect(await store.ttls()).toMatchObject({ 'dispatch:a1': -1, 'payload:a1': -1 })
})

test('what is sent again on trust stays in doubt, in the attempts after it too', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await settleFirst(store, 'unknown')
  const resend = { attempt: 1, as: 'resend' } as const
  expect(await store.jobs.begin('a1', resend)).toMatchObject({ kind: 'go', attempt: 2, doubt: true })
  expect(await dispatchOf(store)).toEqual({
    state: 'dispatching',
    attempt: '2',
    sentAt: now(),
    firstSentAt: now(),
    code: '502',
    doubt: '1',
  })
  await store.jobs.settle('a1', { round: 1, attempt: 2, state: 'rejected', nextInMs: 0, statusCode: 502 })
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', attempt: 3, doubt: true })
})

test('the next attempt after a refusal begins at once, and no longer waits for its time', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await settleFirst(store, 'rejected')
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', round: 1, attempt: 2, doubt: false })
  expect(await dispatchOf(store)).toEqual({
    state: 'dispatching',
    attempt: '2',
    sentAt: now(),
    firstSentAt: now(),
    code: '502',
  })
})

test('past its deadline a job is not called for, and says whether the EMR may have it', async () => {
  await using store = await openStore()
  await Promise.all([store.add('a1'), store.add('a2')])
  await store.jobs.begin('a1')
  await settleFirst(store, 'unknown')
  for (const jobId of ['a1', 'a2']) await store.redis.zadd(store.keys.pending, Date.now() - 10, jobId)
  expect(await store.jobs.begin('a2')).toEqual({ kind: 'expired', doubt: false })
  expect(await dispatchOf(store, 'a2')).toBeUndefined()
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'dangling', deadlineInMs: near(0) })
  expect(await store.jobs.begin('a1', { attempt: 1, as: 'resend' })).toEqual({ kind: 'expired', doubt: true })
  expect(await dispatchOf(store)).toMatchObject({ attempt: '1', state: 'unknown', doubt: '1' })
  expect(await store.jobs.begin('a1', { attempt: 1, as: 'absent' })).toEqual({ kind: 'expired', doubt: false })
  expect(await dispatchOf(store)).toMatchObject({ attempt: '1', state: 'rejected' })
})

test('an item of a cancelled batch is not called for, unless the EMR may have it', async () => {
  await using store = await openStore()
  const { batch, jobs } = await store.addBatch('qqq')
  const [first = '', second = '', third = ''] = jobs
  const { batchId: BatchId } = batch
  expect(await store.jobs.begin(first, { BatchId })).toMatchObject({ kind: 'go' })
  await store.batches.cancel(batch)
  expect(await store.jobs.begin(second, { BatchId })).toEqual({ kind: 'cancelled' })
  expect(await store.jobs.begin(second, { BatchId: 'another' })).toMatchObject({ kind: 'go' })
  expect(await store.jobs.begin(third)).toMatchObject({ kind: 'go' })
  expect(await store.jobs.begin(first, { BatchId })).toMatchObject({ kind: 'dangling' })
  const resend = { BatchId, attempt: 1, as: 'resend' } as const
  expect(await store.jobs.begin(first, resend)).toMatchObject({ kind: 'go', doubt: true })
  await store.jobs.settle(first, { round: 1, attempt: 2, state: 'unknown', nextInMs: 0, statusCode: 408 })
  expect(await store.jobs.begin(first, { BatchId, attempt: 2, as: 'absent' })).toEqual({ kind: 'cancelled' })
})

test('what fails for one of the jobs that are begun together fails for it alone', async () => {
  await using store = await openStore()
  await Promise.all(['a1', 'a2', 'a3'].map((jobId) => store.add(jobId)))
  await store.redis.set(store.keys.dispatch('a2'), 'no hash')
  const begun = await Promise.allSettled(['a1', 'a2', 'a3'].map((jobId) => store.jobs.begin(jobId)))
  expect(begun).toMatchObject([
    { value: { kind: 'go' } },
    { status: 'rejected', reason: { message: expect.stringContaining('WRONGTYPE') as string } },
    { value: { kind: 'go' } },
  ])
})

test('the calls of the fleet are spread: no second has more of them than the rate, wherever it begins', async () => {
  const RATE = 50
  await using store = await openStore({ requestsPerSecond: RATE })
  await using other = await openStore({ like: store.emrInstance, requestsPerSecond: RATE })
  const jobs = Array.from({ length: 40 }, (_, n) => `a${n}`)
  for (const job of jobs) await store.add(job)
  const moments: number[] = []
  // in two stretches and by two processes; the round trip before a moment is known may take a while
  for (const some of [jobs.slice(0, 20), jobs.slice(20)]) {
    await Promise.all(
      some.map(async (job, n) => {
        const begun = await (n % 2 ? store : other).jobs.begin(job)
        if (begun.kind !== 'go') throw new Error(begun.kind)
        moments.push(Number(await store.redis.hget(store.keys.dispatch(job), 'sentAt')))
      }),
    )
  }
  moments.sort((a, b) => a - b)
  const gaps = moments.slice(1).map((at, n) => at - (moments[n] ?? 0))
  // rounded up to whole milliseconds
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000 / RATE - 1)
  expect((moments.at(-1) ?? 0) - (moments[0] ?? 0)).toBeGreaterThanOrEqual((39 * 1_000) / RATE - 1)
})

test('a job whose moment is too far away does not hold up its worker: it is parked until then', async () => {
  await using store = await openStore({ requestsPerSecond: 1 })
  for (const job of ['a1', 'a2', 'a3']) await store.add(job)
  const begun = await Promise.all(['a1', 'a2', 'a3'].map((job) => store.jobs.begin(job)))
  expect(begun.map(({ kind }) => kind)).toEqual(['go', 'go', 'parked'])
  expect(begun[2]).toEqual({ kind: 'parked', forMs: expect.closeTo(1_000, -2) })
})
