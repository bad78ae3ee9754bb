import { expect, test } from 'vitest'
import type { BreakerRules, FailedCall } from './breaker.ts'
import { inMs, near, now, openStore, outcomeOf, type Store } from './store-under-test.ts'

const rules: BreakerRules = {
  minimumCalls: 4,
  failurePercent: 50,
  openMs: 10_000,
  longestMs: 60_000,
  inRow: 3,
  windowMs: 30_000,
}

const fail = (
  store: Store,
  kind: FailedCall = 'answered',
  more: { probe?: boolean; rules?: Partial<BreakerRules> } = {},
) => store.records.breaker.failed({ kind, probe: more.probe ?? false }, { ...rules, ...more.rules })

/** Jobs that end well, each a good answer. */
async function succeed(store: Store, ...jobIds: string[]): Promise<void> {
  for (const jobId of jobIds) {
    await store.add(jobId)
    await store.end(jobId, outcomeOf({ status: 'Succeeded', statusCode: 201 }))
  }
}

test('it opens at its share of failures, not before its fewest calls', async () => {
  await using store = await openStore()
  for (let call = 1; call < rules.minimumCalls; call++) expect(await fail(store)).toEqual({ kind: 'closed' })
  expect(await store.records.breaker.state()).toEqual({ state: 'closed' })
  expect(await store.records.breaker.isOpen()).toBe(false)
  expect(await fail(store)).toEqual({ kind: 'opened', forMs: 10_000, cause: 'failures' })
  expect(await store.records.breaker.state()).toEqual({
    state: 'open',
    since: now(),
    until: inMs(10_000),
    cause: 'failures',
    failedProbes: 0,
  })
  expect(await store.records.breaker.isOpen()).toBe(true)
  expect(await store.redis.pttl(store.keys.breaker)).toEqual(near(610_000))
  // what was counted is used up, and a call that fails while it is open is none
  expect(await store.redis.exists(store.keys.calls)).toBe(0)
  expect(await fail(store)).toEqual({ kind: 'open' })
  expect(await store.redis.exists(store.keys.calls)).toBe(0)
})

test('good answers count against it: below its share it stays closed, at its share it opens', async () => {
  await using store = await openStore()
  expect(await fail(store)).toEqual({ kind: 'closed' })
  await succeed(store, 'a1', 'a2', 'a3', 'a4')
  for (let call = 2; call <= 3; call++) expect(await fail(store)).toEqual({ kind: 'closed' })
  expect(await fail(store)).toMatchObject({ kind: 'opened', cause: 'failures' })
})

test.for(['unanswered', 'unreachable'] as const)(
  'calls that are %s in a row open it before there are its fewest calls, under that name',
  async (kind) => {
    await using store = await openStore()
    expect(await fail(store, kind)).toEqual({ kind: 'closed' })
    expect(await fail(store, kind)).toEqual({ kind: 'closed' })
    expect(await fail(store, kind)).toEqual({ kind: 'opened', forMs: 10_000, cause: kind })
  },
)

test('an answer ends the row, whether good or a fault', async () => {
  await using store = await openStore()
  const more = { rules: { minimumCalls: 100 } }
  for (const kind of ['unanswered', 'unanswered', 'answered', 'unanswered', 'unanswered'] as const)
    expect(await fail(store, kind, more)).toEqual({ kind: 'closed' })
  await succeed(store, 'a1')
  expect(await fail(store, 'unanswered', more)).toEqual({ kind: 'closed' })
  expect(await fail(store, 'unanswered', more)).toEqual({ kind: 'closed' })
  expect(await fail(store, 'unanswered', more)).toMatchObject({ kind: 'opened', cause: 'unanswered' })
})

test('the share reached by calls that reach nobody is named for them', async () => {
  await using store = await openStore()
  for (let call = 1; call < 4; call++) await fail(store)
  expect(await fail(store, 'unreachable')).toMatchObject({ kind: 'opened', cause: 'unreachable' })
})

test('counts of the window before count, older ones do not', async () => {
  await using store = await openStore()
  const { calls } = store.keys
  await fail(store)
  await fail(store)
  await succeed(store, 'a1')
  await store.redis.hincrby(calls, 'from', -31_000)
  expect(await fail(store)).toMatchObject({ kind: 'opened' })

  await store.records.breaker.close()
  await fail(store)
  await fail(store)
  await store.redis.hincrby(calls, 'from', -31_000)
  // a new window: three failures in two windows
  expect(await fail(store)).toEqual({ kind: 'closed' })
  expect(await store.redis.hgetall(calls)).toMatchObject({ bad: '1', good: '0', wasBad: '2', wasGood: '0' })
  await store.redis.hincrby(calls, 'from', -61_000)
  expect(await fail(store)).toEqual({ kind: 'closed' })
  expect(await store.redis.hgetall(calls)).toMatchObject({ bad: '1', good: '0', wasBad: '0', wasGood: '0' })
})

test('good answers of the window before count, older ones do not', async () => {
  await using store = await openStore()
  const { calls } = store.keys
  await fail(store)
  await succeed(store, 'a1', 'a2', 'a3', 'a4')
  await store.redis.hincrby(calls, 'from', -31_000)
  for (let call = 1; call <= 2; call++) expect(await fail(store)).toEqual({ kind: 'closed' })
  expect(await store.redis.hgetall(calls)).toMatchObject({ bad: '2', good: '0', wasBad: '1', wasGood: '4' })
  expect(await fail(store)).toMatchObject({ kind: 'opened' })
})

test('a probe that fails opens it for twice as long each time, up to its longest, and says since when', async () => {
  await using store = await openStore()
  for (const kind of ['unanswered', 'unanswered', 'unanswered'] as const) await fail(store, kind)
  const { breaker } = store.keys
  const since = Date.now() - 100_000
  const known: number[] = []
  await store.redis.hset(breaker, { since, probe: 'a1', probeUntil: Date.now() + 60_000 })
  for (let probe = 1; probe <= 4; probe++) {
    const said = await fail(store, 'answered', { probe: true })
    expect(said).toMatchObject({ kind: 'opened', cause: 'unanswered' })
    known.push(said.kind === 'opened' ? said.forMs : 0)
  }
  expect(known).toEqual([20_000, 40_000, 60_000, 60_000])
  expect(await store.records.breaker.state()).toEqual({
    state: 'open',
    since,
    until: inMs(60_000),
    cause: 'unanswered',
    failedProbes: 4,
  })
  expect(await store.redis.hmget(breaker, 'probe', 'probeUntil')).toEqual([null, null])
  expect(await store.redis.pttl(breaker)).toEqual(near(660_000))
})

test('a probe of a breaker that another process has closed meanwhile opens it by what it met', async () => {
  await using store = await openStore()
  expect(await fail(store, 'unreachable', { probe: true })).toEqual({
    kind: 'opened',
    forMs: 20_000,
    cause: 'unreachable',
  })
})

test('a longest time below the usual one does not shorten it', async () => {
  await using store = await openStore()
  const shorter = { probe: true, rules: { longestMs: 1_000 } }
  expect(await fail(store, 'answered', shorter)).toMatchObject({ kind: 'opened', forMs: 10_000 })
})

test('it is half-open when its time is over, until somebody closes it', async () => {
  await using store = await openStore()
  const { breaker } = store.records
  for (let call = 1; call <= 4; call++) await fail(store)
  await store.redis.hincrby(store.keys.breaker, 'openUntil', -11_000)
  expect(await breaker.state()).toMatchObject({ state: 'half-open', cause: 'failures' })
  expect(await breaker.close()).toBe(true)
  expect(await breaker.close()).toBe(false)
  expect(await breaker.state()).toEqual({ state: 'closed' })
})

test('an EMR that turns calls away holds the connection for longer each time, up to a minute', async () => {
  await using store = await openStore()
  const { breaker } = store.records
  const held: number[] = []
  for (let time = 1; time <= 8; time++) {
    held.push(await breaker.busy(0))
    expect(Number(await store.redis.get(store.keys.hold))).toEqual(near(Date.now() + (held.at(-1) ?? 0)))
    await store.redis.set(store.keys.hold, Date.now() - 1)
  }
  expect(held).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  await succeed(store, 'a1')
  expect(await breaker.busy(0)).toBe(1_000)
  expect(await store.redis.pttl(store.keys.hold)).toEqual(near(1_000))
})

test('a hold is at least as long as the EMR asked for, and calls under way when it began do not make it grow', async () => {
  await using store = await openStore()
  const { breaker } = store.records
  expect(await breaker.busy(20_000)).toBe(20_000)
  expect(await breaker.busy(0)).toEqual(near(20_000))
  expect(await breaker.busy(40_000)).toBe(40_000)
  expect(await store.redis.hget(store.keys.calls, 'busy')).toBe('1')
})
