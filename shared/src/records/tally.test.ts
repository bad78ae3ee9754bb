import { expect, test } from 'vitest'
import { openStore, outcomeOf } from './store-under-test.ts'
import { latencyBounds, openTally, p95Of, readMinutes } from './tally.ts'
import { MINUTE } from '../durations.ts'

const connectionOf = (emrInstance: string) => ({ emrSystem: 'Sandbox', emrInstance })

test('figures of several processes add up, each in its own minute, for two days', async () => {
  await using store = await openStore()
  const name = connectionOf(store.emrInstance)
  let time = 1_000_000 * 10 * MINUTE - 30_000
  const [one, other] = [openTally(store.redis, name, () => time), openTally(store.redis, name, () => time)]
  one.accepted(3)
  one.ended('Succeeded')
  one.called('create', 201, 7)
  await one.flush()
  time += MINUTE
  for (const each of [one, other]) {
    each.accepted(2)
    each.ended('OutcomeUnknown')
    each.called('create', 408, 40_000)
    each.called('find', 404, 5)
    await each.flush()
  }
  const [before, last] = await readMinutes(store.redis, name, 2, time)
  expect(before).toMatchObject({ accepted: 3, ended: { Succeeded: 1 }, calls: { create: { 201: 1 }, find: {} } })
  expect(before?.latency).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  expect(last).toMatchObject({
    accepted: 4,
    ended: { OutcomeUnknown: 2 },
    calls: { create: { 408: 2 }, find: { 404: 2 } },
  })
  expect(last?.latency.at(-1)).toBe(2)
  const all = await readMinutes(store.redis, name, 1_000_000, time)
  expect(all).toHaveLength(48 * 60)
  const keys = await store.redis.keys(`${store.keys.base}:minutes:*`)
  const ttls = await Promise.all(keys.map((key) => store.redis.pttl(key)))
  expect(ttls.every((ttl) => ttl > 48 * 60 * MINUTE && ttl < 49 * 60 * MINUTE)).toBe(true)
})

test('an outcome is counted once, and writing it costs no command of its own', async () => {
  await using store = await openStore()
  await store.add('once')
  await store.end('once', outcomeOf())
  await store.end('once', outcomeOf())
  await store.context.tally.flush()
  const minutes = await readMinutes(store.redis, connectionOf(store.emrInstance), 2)
  const minute = minutes.find((each) => each.accepted > 0)
  expect(minute).toMatchObject({ accepted: 1, ended: { Failed: 1 } })
})

test('p95 lies within the class in which it falls', () => {
  const latency = latencyBounds.map(() => 0)
  expect(p95Of([{ latency: [...latency, 0] }])).toBeUndefined()
  expect(p95Of([{ latency: [90, 10, ...latency.slice(2), 0] }])).toBe(18)
  expect(p95Of([{ latency: [1, ...latency] }])).toBe(10)
  expect(p95Of([{ latency: [...latency, 1] }])).toBe(30_000)
})
