import { expect, test } from 'vitest'
import { HOUR, ids, message, openWebhooks } from './webhooks-under-test.ts'

test('messages are read in the order of their publication, page by page', async () => {
  await using at = await openWebhooks()
  expect(await at.publish('m1', 'm2')).toBe(2)
  expect(await at.publish('m3')).toBe(1)
  const first = await at.feed.read(undefined, 2)
  expect(first.messages).toMatchObject([
    { id: 'm1', type: 'encounter.created', connection: 'Sandbox.north', body: '{"of":"m1"}' },
    { id: 'm2' },
  ])
  const second = await at.feed.read(first.next, 2)
  expect(second).toMatchObject({ messages: [{ id: 'm3' }], missed: 0 })
  expect(await at.feed.read(second.next, 2)).toEqual({ messages: [], next: second.next, missed: 0 })
  expect(await at.feed.read(undefined, 3)).toMatchObject({ messages: [{ id: 'm1' }, { id: 'm2' }, { id: 'm3' }] })
})

test('the feed of an application without messages is empty', async () => {
  await using at = await openWebhooks()
  expect(await at.feed.read(undefined, 5)).toEqual({ messages: [], missed: 0 })
})

test('a message that is published twice is in the feed once', async () => {
  await using at = await openWebhooks()
  expect(await at.publish('m1', 'm1')).toBe(1)
  expect(await at.publish('m1', 'm2')).toBe(1)
  expect(ids((await at.feed.read(undefined, 5)).messages)).toEqual(['m1', 'm2'])
})

test('of the ids of messages the newest 10,000 are remembered, for an hour', async () => {
  await using at = await openWebhooks()
  for (let n = 1; n <= 150; n++)
    await at.redis.xadd(at.keys.feed, `${Date.now() - HOUR - 1_000}-${n}`, 'id', `m${n === 1 ? 1 : 'old'}`)
  await at.publish('m2')
  expect(await at.publish('m1', 'm2')).toBe(1)
  const many = Array.from({ length: 2_500 }, (_, n) => n)
  for (const part of [1, 2, 3, 4]) await at.publish(...many.map((n) => `p${part}_${n}`))
  expect(await at.publish('p1_0')).toBe(0)
  expect(await at.publish('m2')).toBe(1)
})

test('by its place in the outbox a message is known to be new, or it takes a thorough look', async () => {
  await using at = await openWebhooks()
  const at5 = message('m1', { place: '5-2' })
  expect(await at.feed.publish([at5, message('m2', { place: '5-3' })])).toEqual(['added', 'added'])
  expect(await at.feed.publish([at5, message('m3', { place: '6-0' })])).toEqual(['unsure', 'added'])
  expect(await at.feed.publish([at5], true)).toEqual(['known'])
  // its store has forgotten, and gave places once more
  const again = message('m4', { place: '5-3' })
  expect(await at.feed.publish([again])).toEqual(['unsure'])
  expect(await at.feed.publish([again], true)).toEqual(['added'])
  // each connection has places of its own
  expect(await at.feed.publish([message('m5', { connection: 'Sandbox.south', place: '1-1' })])).toEqual(['added'])
  expect(ids((await at.feed.read(undefined, 9)).messages)).toEqual(['m1', 'm2', 'm3', 'm4', 'm5'])
})

test('a clock that goes back does not change the order', async () => {
  await using at = await openWebhooks()
  await at.publish('m1')
  await at.redis.hincrby(at.keys.head, 'ms', HOUR)
  await at.publish('m2')
  await at.redis.hset(at.keys.head, 'ms', String(Date.now() + 2 * HOUR))
  await at.publish('m3')
  expect(ids((await at.feed.read(undefined, 5)).messages)).toEqual(['m1', 'm2', 'm3'])
})

test('messages are removed by their age, and a reader hears how many it missed', async () => {
  await using at = await openWebhooks({ retentionMs: HOUR })
  // Redis removes them in blocks of a hundred
  const { id, type, connection = '', body } = message('old')
  const fields = ['id', id, 'type', type, 'connection', connection, 'body', body]
  for (let n = 1; n <= 250; n++) await at.redis.xadd(at.keys.feed, `1000-${n}`, ...fields)
  await at.redis.hset(at.keys.head, { n: 250, ms: 1_000, id: '1000-250' })
  await at.publish('new')
  const { messages, missed } = await at.feed.read('1000-10', 200)
  expect(missed).toBeGreaterThan(100)
  expect(messages).toHaveLength(241 - missed)
  expect(await at.redis.pttl(at.keys.feed)).toBeCloseTo(HOUR, -4)
})

test('a message for one endpoint is not in the feed that consumers read, one for all but one is', async () => {
  await using at = await openWebhooks()
  await at.feed.publish([message('m1', { only: 'ep_a' }), message('m2', { except: 'ep_a' })])
  expect(ids((await at.feed.read(undefined, 1)).messages)).toEqual(['m2'])
})
