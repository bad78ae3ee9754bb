import { expect, test } from 'vitest'
import { inMs, now, openStore, outcomeOf } from './store-under-test.ts'

const first = { round: 1, attempt: 1, nextInMs: 4_000, statusCode: 502 }

test('notes a refusal, its code and when the next attempt is due', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  expect(await store.jobs.settle('a1', { ...first, state: 'rejected', nextInMs: 60_000 })).toBe(true)
  expect((await store.state())['dispatch:a1']).toEqual({
    state: 'rejected',
    attempt: '1',
    sentAt: now(),
    firstSentAt: now(),
    nextAttemptAt: inMs(60_000),
    code: '502',
  })
})

test('of an attempt in doubt it notes when the EMR can be taken to have stopped', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  expect(await store.jobs.settle('a1', { ...first, state: 'unknown', nextInMs: 60_000, endsInMs: 30_000 })).toBe(true)
  expect((await store.state())['dispatch:a1']).toEqual({
    state: 'unknown',
    attempt: '1',
    sentAt: now(),
    firstSentAt: now(),
    nextAttemptAt: inMs(60_000),
    endedAt: inMs(30_000),
    code: '502',
  })
})

test('an attempt of which nothing was sent is not counted, and leaves no doubt', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.jobs.settle('a1', { ...first, state: 'rejected' })
  await store.jobs.begin('a1')
  expect(await store.jobs.settle('a1', { ...first, attempt: 2, state: 'unspent' })).toBe(true)
  expect((await store.state())['dispatch:a1']).toEqual({ attempt: '1', sentAt: now(), firstSentAt: now(), code: '502' })
  expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', attempt: 2, doubt: false })
})

test.for(['rejected', 'unknown', 'unspent'] as const)(
  'the settlement of a call that was not made, sent again later, leaves the next call of that number alone: %s',
  async (state) => {
    await using store = await openStore()
    await store.add('a1')
    const begun = await store.jobs.begin('a1')
    if (begun.kind !== 'go') throw new Error(begun.kind)
    const late = { ...first, sentAt: begun.sentAt, state: 'unspent' } as const
    expect(await store.jobs.settle('a1', late)).toBe(true)
    // the marks of two calls differ by their time
    await expect.poll(() => Date.now()).toBeGreaterThan(begun.sentAt + 1)
    expect(await store.jobs.begin('a1')).toMatchObject({ kind: 'go', attempt: 1 })
    if (state !== 'unspent') await store.jobs.settle('a1', { ...first, state })
    const before = await store.state()
    expect(await store.jobs.settle('a1', late)).toBe(false)
    expect(await store.state()).toEqual(before)
  },
)

test.for([
  ['an older attempt', { attempt: 1 }],
  ['an older round', { round: 0, attempt: 2 }],
  ['a later attempt', { attempt: 3 }],
])('%s does not settle the one that is under way', async ([, call]) => {
  await using store = await openStore()
  await store.add('a1')
  await store.jobs.begin('a1')
  await store.jobs.settle('a1', { ...first, state: 'rejected' })
  await store.jobs.begin('a1')
  const before = await store.state()
  for (const state of ['rejected', 'unknown', 'unspent'] as const) {
    expect(await store.jobs.settle('a1', { ...first, ...(call as object), state })).toBe(false)
  }
  expect(await store.state()).toEqual(before)
})

test('a call of a later round is settled under the name of that round', async () => {
  await using store = await openStore()
  await store.add('a1')
  await store.end('a1', outcomeOf())
  await store.retry('a1', { application: 'demo' })
  await store.jobs.begin('a1')
  expect(await store.jobs.settle('a1', { ...first, state: 'rejected' })).toBe(false)
  expect(await store.jobs.settle('a1', { ...first, round: 2, state: 'rejected' })).toBe(true)
})

test('a job that has ended, or was never begun, has nothing to settle', async () => {
  await using store = await openStore()
  await Promise.all([store.add('a1'), store.add('a2')])
  await store.jobs.begin('a1')
  await store.end('a1', outcomeOf())
  const before = await store.state()
  // as if the mark had outlived the outcome
  expect(await store.jobs.settle('a1', { ...first, attempt: 0, state: 'rejected' })).toBe(false)
  expect(await store.jobs.settle('a1', { ...first, state: 'rejected' })).toBe(false)
  expect(await store.jobs.settle('a2', { ...first, state: 'rejected' })).toBe(false)
  expect(await store.state()).toEqual(before)
})
