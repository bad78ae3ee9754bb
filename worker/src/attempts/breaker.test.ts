import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { openBreakerRecord } from '@encounter-gateway/shared/records/breaker.ts'
import { recordKeys } from '@encounter-gateway/shared/records/keys.ts'
import { defineScripts } from '@encounter-gateway/shared/records/scripts.ts'
import { openEncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import { connectRedis, untilReady } from '@encounter-gateway/shared/redis/connect.ts'
import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { EmrError } from '../emr/emr-error.ts'
import { HeldByBreaker, openBreaker, type Breaker } from './breaker.ts'

const CONCURRENCY = 8
const OPEN_MS = 60_000
const away = new EmrError(502, 'the EMR is out of reach')
const fails = (error: Error) => async (): Promise<never> => {
  throw error
}
const answers = async () => 'made'

/** A breaker on its own queue in the tests' Redis; it opens after two failures in two calls. */
async function open({ openMs = OPEN_MS, about = {} }: { openMs?: number; about?: Partial<Connection> } = {}) {
  const redis = connectRedis(process.env['REDIS_URL'] ?? '', 'producer')
  await untilReady(redis)
  defineScripts(redis)
  const connection = {
    emrSystem: 'Sandbox',
    emrInstance: `b${randomBytes(8).toString('hex')}`,
    concurrency: CONCURRENCY,
    timeoutMs: 10_000,
    onUnknownOutcome: 'reconcile',
    breaker: { openMs, minimumCalls: 2, failurePercent: 50 },
    ...about,
  } as Connection
  const queue = openEncounterQueue(redis, connection)
  const { breaker: breakerKey, hold: holdKey, base } = recordKeys(connection)
  const record = openBreakerRecord(redis, connection)
  const worker = () => openBreaker({ connection, record, queue, log: pino({ level: 'silent' }) })
  const breaker = worker()
  const others: Breaker[] = []
  return {
    redis,
    queue,
    record,
    breaker,
    anotherWorker() {
      const other = worker()
      others.push(other)
      return other
    },
    breakerKey,
    holdKey,
    /** Makes this many calls that fail with this error. */
    async fail(error: Error, times = 2, kind: 'creation' | 'question' = 'creation') {
      for (let n = 0; n < times; n++) await expect(breaker.call(false, kind, fails(error))).rejects.toBe(error)
    },
    /** Waits for what a verdict triggers in Redis. */
    async untilOpen() {
      await expect.poll(() => redis.exists(breakerKey)).toBe(1)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([breaker, ...others].map((each) => each.close()))
      const names = await redis.keys(`${base}:*`)
      if (names.length > 0) await redis.unlink(...names)
      await queue.close()
      redis.disconnect()
    },
  }
}

test('a later hold never shortens an earlier one, and a longer one extends it', async () => {
  await using at = await open()
  const left = async () => [await at.queue.getRateLimitTtl(), await at.redis.pttl(at.holdKey)]
  await at.breaker.hold(60_000)
  await at.breaker.hold(1_000)
  for (const ms of await left()) expect(ms).toBeGreaterThan(40_000)
  expect(Number(await at.redis.get(at.holdKey))).toBeGreaterThan(Date.now() + 40_000)
  await at.breaker.hold(300_000)
  for (const ms of await left()) expect(ms).toBeGreaterThan(200_000)
  expect(Number(await at.redis.get(at.holdKey))).toBeGreaterThan(Date.now() + 200_000)
})

test('an EMR that asks for no pause holds no queue', async () => {
  await using at = await open()
  await at.breaker.hold(0)
  expect(await at.queue.getRateLimitTtl()).toBeLessThanOrEqual(0)
  expect(await at.redis.exists(at.holdKey)).toBe(0)
})

test('a fleet left at a concurrency of one by a process that died gets its configured one back, but not while the breaker is open', async () => {
  await using at = await open()
  await at.queue.setGlobalConcurrency(1)
  await at.redis.hset(at.breakerKey, 'openUntil', Date.now() + OPEN_MS)
  await at.breaker.heal()
  expect(await at.queue.getGlobalConcurrency()).toBe(1)
  await at.redis.unlink(at.breakerKey)
  await at.breaker.heal()
  expect(await at.queue.getGlobalConcurrency()).toBe(CONCURRENCY)
})

test('opens for the fleet: records until when and why, allows one job at a time, and holds the queue as long', async () => {
  await using at = await open()
  await at.fail(away, 1)
  expect(at.breaker.state).toBe('closed')
  await at.fail(away, 1)
  expect(at.breaker.state).toBe('open')
  await at.untilOpen()
  await expect.poll(() => at.queue.getRateLimitTtl()).toBeGreaterThan(OPEN_MS / 2)
  const { openUntil, cause, since } = await at.redis.hgetall(at.breakerKey)
  expect(Number(openUntil)).toBeGreaterThan(Date.now() + OPEN_MS / 2)
  expect(Number(openUntil)).toBeLessThanOrEqual(Date.now() + OPEN_MS)
  expect({ cause, since: Number(since) > 0 }).toEqual({ cause: 'unanswered', since: true })
  expect(await at.redis.pttl(at.breakerKey)).toBeGreaterThan(OPEN_MS)
  expect(await at.queue.getGlobalConcurrency()).toBe(1)
})

test('makes no call while it is open; once another process has closed it, calls go through', async () => {
  await using at = await open()
  await at.fail(away)
  await at.untilOpen()
  let called = 0
  const call = () => at.breaker.call(false, 'creation', async () => ++called)
  await expect(call()).rejects.toThrow(HeldByBreaker)
  expect(called).toBe(0)
  await at.redis.unlink(at.breakerKey)
  expect(await call()).toBe(1)
  expect(at.breaker.state).toBe('closed')
})

test('a probe that creates closes it, and the concurrency doubles up to what is configured', async () => {
  await using at = await open()
  await at.fail(away)
  await at.untilOpen()
  await expect.poll(() => at.queue.getGlobalConcurrency()).toBe(1)
  expect(await at.breaker.call(true, 'creation', answers)).toBe('made')
  expect(at.breaker.state).toBe('closed')
  expect(await at.redis.exists(at.breakerKey)).toBe(0)
  // the sweep must not restore all of it at once
  await at.breaker.heal()
  expect(await at.queue.getGlobalConcurrency()).toBeLessThan(CONCURRENCY)
  const seen = new Set<number | null>()
  await expect
    .poll(async () => seen.add(await at.queue.getGlobalConcurrency()).has(CONCURRENCY), {
      timeout: 10_000,
      interval: 10,
    })
    .toBe(true)
  expect([...seen].every((limit) => [1, 2, 4, 8].includes(limit ?? 0))).toBe(true)
  expect(seen.size).toBeGreaterThan(1)
})

test('a probe that is refused closes it too, since a refusal is an answer', async () => {
  await using at = await open()
  await at.fail(away)
  await at.untilOpen()
  const refused = new EmrError(400, 'no')
  await expect(at.breaker.call(true, 'creation', fails(refused))).rejects.toBe(refused)
  expect(await at.redis.exists(at.breakerKey)).toBe(0)
})

test('a probe that only asks leaves it open, and so does an internal fault', async () => {
  await using at = await open()
  await at.fail(away)
  await at.untilOpen()
  expect(await at.breaker.call(true, 'question', async () => undefined)).toBeUndefined()
  await expect(at.breaker.call(true, 'creation', fails(new Error('ours')))).rejects.toThrow('ours')
  expect(await at.redis.exists(at.breakerKey)).toBe(1)
  expect(at.breaker.state).toBe('open')
})

test('a probe that finds the encounter closes it: the call that made it has worked', async () => {
  await using at = await open()
  await at.fail(away)
  await at.untilOpen()
  expect(await at.breaker.call(true, 'question', answers)).toBe('made')
  expect(await at.redis.exists(at.breakerKey)).toBe(0)
})

test('a probe that fails reopens it before the call has ended, also in a process that had not opened it', async () => {
  await using at = await open()
  for (const attempt of [1, 2]) {
    await at.redis.hset(at.breakerKey, 'openUntil', attempt)
    await expect(at.breaker.call(true, 'creation', fails(away))).rejects.toBe(away)
    expect(at.breaker.state).toBe('open')
    expect(Number(await at.redis.hget(at.breakerKey, 'openUntil'))).toBeGreaterThan(Date.now())
  }
})

test.for([
  ['a refusal', new EmrError(400, 'no')],
  ['a 429', new EmrError(502, 'busy', { retryAfterMs: 1_000 })],
  ['an error that is not retried', new EmrError(502, 'no', { retry: false })],
  ['an internal fault', new Error('ours')],
] as const)('%s does not count against the EMR', async ([, error]) => {
  await using at = await open()
  await at.fail(error, 5)
  expect(at.breaker.state).toBe('closed')
})

test('a time-out counts, and so does a question that fails', async () => {
  await using at = await open()
  await at.fail(new EmrError(408, 'no answer'), 1, 'question')
  await at.fail(new EmrError(408, 'no answer'), 1)
  expect(at.breaker.state).toBe('open')
})

test('answered questions do not hide that every creation fails', async () => {
  await using at = await open()
  for (let n = 0; n < 20; n++) await at.breaker.call(false, 'question', answers)
  await at.fail(away)
  expect(at.breaker.state).toBe('open')
})

/** Two workers of one fleet, each with its own opossum. */
async function openTwo(about: Partial<Connection> = {}) {
  const one = await open({ about })
  const other = one.anotherWorker()
  return { one, other, [Symbol.asyncDispose]: () => one[Symbol.asyncDispose]() }
}

const silent = new EmrError(408, 'no answer')

test('the calls of all workers count together', async () => {
  await using fleet = await openTwo({ breaker: { openMs: OPEN_MS, minimumCalls: 4, failurePercent: 50 } })
  const { one, other } = fleet
  for (let n = 0; n < 2; n++) {
    await one.fail(silent, 1)
    expect(await one.redis.exists(one.breakerKey)).toBe(0)
    await expect(other.call(false, 'creation', fails(silent))).rejects.toBe(silent)
  }
  expect(await one.record.state()).toMatchObject({ state: 'open', cause: 'unanswered', failedProbes: 0 })
})

test.for([
  ['with a concurrency of 1', { concurrency: 1 }],
  ['where each doubt costs a person time', { onUnknownOutcome: 'stop' }],
  ['where each is sent again on trust', { onUnknownOutcome: 'resend' }],
] as const)('two calls in a row without an answer are enough %s', async ([, about]) => {
  const breaker = { openMs: OPEN_MS, minimumCalls: 100, failurePercent: 50 }
  await using at = await open({ about: { ...about, breaker } })
  await at.fail(silent, 1)
  expect(await at.record.state()).toEqual({ state: 'closed' })
  await at.fail(silent, 1)
  expect(await at.record.state()).toMatchObject({ state: 'open', cause: 'unanswered' })
})

test('faults that the EMR answers are no silence: in a row they open nothing', async () => {
  const breaker = { openMs: OPEN_MS, minimumCalls: 100, failurePercent: 50 }
  await using at = await open({ about: { concurrency: 1, breaker } })
  await at.fail(new EmrError(502, 'failed', { outcomeUnknown: true, answered: true }), 9)
  expect(await at.record.state()).toEqual({ state: 'closed' })
})

test('each failed probe doubles the time where a doubt costs a person time', async () => {
  await using at = await open({ openMs: 60_000, about: { onUnknownOutcome: 'stop' } })
  await at.fail(silent)
  const forMs: number[] = []
  for (let n = 0; n < 5; n++) {
    await expect(at.breaker.call(true, 'creation', fails(silent))).rejects.toBe(silent)
    const state = await at.record.state()
    forMs.push(state.state === 'closed' ? 0 : Math.round((state.until - Date.now()) / 60_000))
  }
  expect(forMs).toEqual([2, 4, 8, 10, 10])
})

test('a 429 holds for 1, 2, 4 s while it goes on, and for at least as long as the EMR asks', async () => {
  await using at = await open()
  const next = async (askedMs: number) => {
    await at.redis.unlink(at.holdKey)
    return at.record.busy(askedMs)
  }
  const held = []
  for (let n = 0; n < 8; n++) held.push(await next(0))
  expect(held).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  expect(await next(90_000)).toBe(90_000)
  // one that was under way when the hold began does not shorten it and does not add to it
  expect(await at.record.busy(0)).toBeGreaterThan(80_000)
})
