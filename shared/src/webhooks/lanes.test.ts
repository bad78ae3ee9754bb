import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { CONFIGURED_ENDPOINT } from './keys.ts'
import { BY_ITS_OWNER, LEASE_MS, RENEW_MS } from './lanes.ts'
import { delivered, failed, HOUR, ids, message, openWebhooks } from './webhooks-under-test.ts'

const DAY = 24 * HOUR
type Webhooks = Awaited<ReturnType<typeof openWebhooks>>

/** Takes one message and fails it, so often. */
async function fail(at: Webhooks, endpoint: string, times: number, nextInMs?: number) {
  const settlements = []
  for (let n = 0; n < times; n++) {
    const [taken] = await at.take(endpoint, 1)
    if (!taken) throw new Error('there was nothing to take')
    settlements.push(await at.settle(endpoint, failed(taken, nextInMs)))
  }
  return settlements
}

/** Publishes and delivers one message. */
async function succeed(at: Webhooks, endpoint: string) {
  await at.publish(randomUUID())
  const [taken] = await at.take(endpoint, 1)
  if (taken) await at.settle(endpoint, delivered(taken))
}

test('an endpoint gets what is published after it was opened, each message once', async () => {
  await using at = await openWebhooks()
  await at.publish('m0')
  expect(await at.lanes.open('ep_a')).toBe(true)
  expect(await at.lanes.open('ep_a')).toBe(false)
  await at.publish('m1', 'm2')
  const taken = await at.take('ep_a')
  expect(taken).toMatchObject([
    { id: 'm1', connection: 'Sandbox.north', body: '{"of":"m1"}', tries: 0 },
    { id: 'm2', tries: 0 },
  ])
  expect(await at.take('ep_a')).toEqual([])
  const { settled, takeAt } = await at.settle('ep_a', ...taken.map(delivered))
  expect(settled).toEqual(['delivered', 'delivered'])
  expect(takeAt).toBeUndefined()
})

test('the endpoint of the configuration gets what is published from the first time on', async () => {
  await using at = await openWebhooks({ configured: true })
  await at.publish('m1')
  await at.publish('m2')
  expect(ids(await at.take(CONFIGURED_ENDPOINT))).toEqual(['m1', 'm2'])
})

test('those with something to do are awake, from the publication until it is taken', async () => {
  await using at = await openWebhooks()
  for (const endpoint of ['ep_a', 'ep_b']) await at.lanes.open(endpoint)
  expect(await at.lanes.awake()).toEqual({ endpoints: [], version: 0 })
  await at.publish('m1')
  expect((await at.lanes.awake()).endpoints).toEqual(['ep_a', 'ep_b'])
  const [taken] = await at.take('ep_a')
  expect((await at.lanes.awake()).endpoints).toEqual(['ep_b'])
  if (taken) await at.settle('ep_a', failed(taken, 0))
  expect((await at.lanes.awake()).endpoints).toContain('ep_a')
})

test('a failed message comes again when it is due, with the number of its tries', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1')
  const [settlement] = await fail(at, 'ep_a', 1, HOUR)
  expect(settlement).toEqual({ settled: ['retry'], takeAt: expect.closeTo(Date.now() + HOUR, -4) as number })
  expect(await at.take('ep_a')).toEqual([])
  await at.redis.zadd(`${at.keys.base}:due:ep_a`, 'XX', 1, (await at.feed.read(undefined, 1)).next ?? '')
  expect(await at.take('ep_a')).toMatchObject([{ id: 'm1', tries: 1 }])
})

test('a message without another try becomes a dead letter', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1')
  const [settlement] = await fail(at, 'ep_a', 1)
  expect(settlement).toEqual({ settled: ['dead'] })
  expect(await at.take('ep_a')).toEqual([])
})

test('what a worker took and never settled is taken again when its lease is over, and its late failure counts for nothing', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1')
  const [lost] = await at.take('ep_a')
  expect(lost?.lease).toBeCloseTo(Date.now() + LEASE_MS, -4)
  await at.redis.zincrby(`${at.keys.base}:busy:ep_a`, -LEASE_MS - 1, lost?.feedId ?? '')
  const [again] = await at.take('ep_a')
  expect(again).toMatchObject({ id: 'm1', tries: 0 })
  if (!lost || !again) throw new Error('not taken')
  const late = await at.settle('ep_a', failed({ ...lost, lease: lost.lease - 1 }))
  expect(late.settled).toEqual(['late'])
  expect((await at.settle('ep_a', delivered(again))).settled).toEqual(['delivered'])
})

test('a lease that is prolonged is not over, and one that was over is not prolonged', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1', 'm2')
  const taken = await at.take('ep_a')
  const [first, second] = taken
  if (!first || !second) throw new Error('not taken')
  const busy = `${at.keys.base}:busy:ep_a`
  first.lease -= LEASE_MS - 1_000
  await at.redis.zadd(busy, first.lease, first.feedId, 1, second.feedId)
  const [before, lost] = [first.lease, second.lease]
  await at.lanes.renew('ep_a', taken)
  expect(first.lease).toBeGreaterThan(before)
  expect(Number(await at.redis.zscore(busy, first.feedId))).toBe(first.lease)
  expect(second.lease).toBe(lost)
  expect(await at.take('ep_a')).toMatchObject([{ id: 'm2' }])
  expect((await at.settle('ep_a', failed(first))).settled).toEqual(['dead'])
  await at.lanes.forget('ep_a')
  await at.lanes.renew('ep_a', [first])
  expect(await at.redis.exists(busy)).toBe(0)
})

test('the places of a worker that has missed to prolong its leases are free before these end', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await succeed(at, 'ep_a')
  await at.publish(...Array.from({ length: 20 }, (_, n) => `m${n}`))
  const held = await at.take('ep_a')
  expect(held).toHaveLength(10)
  const full = await at.lanes.take('ep_a', 10, {})
  expect(full.taken).toEqual([])
  expect((full.takeAt ?? 0) - Date.now()).toBeLessThan(LEASE_MS / 2)
  for (const { feedId } of held) await at.redis.zincrby(`${at.keys.base}:busy:ep_a`, -2 * RENEW_MS, feedId)
  expect(ids(await at.take('ep_a'))).toEqual(Array.from({ length: 10 }, (_, n) => `m${n + 10}`))
})

test('a late success counts, and the message is not sent again', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1')
  const [lost] = await at.take('ep_a')
  await at.redis.zincrby(`${at.keys.base}:busy:ep_a`, -LEASE_MS - 1, lost?.feedId ?? '')
  await at.lanes.take('ep_a', 0, {})
  if (!lost) throw new Error('not taken')
  expect((await at.settle('ep_a', delivered(lost))).settled).toEqual(['delivered'])
  expect(await at.take('ep_a')).toEqual([])
})

test('a try that was interrupted is made again at once, and is not counted', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1')
  const [taken] = await at.take('ep_a')
  if (!taken) throw new Error('not taken')
  const { settled } = await at.settle('ep_a', { taken, kind: 'interrupted', try: { at: 1, ms: 1 } })
  expect(settled).toEqual(['interrupted'])
  expect(await at.take('ep_a')).toMatchObject([{ id: 'm1', tries: 0 }])
})

test('few deliveries are under way to an endpoint that has never answered, one while it fails, ten while it answers well', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish(...Array.from({ length: 30 }, (_, n) => `m${n}`))
  const first = await at.lanes.take('ep_a', 100, {})
  expect(first).toMatchObject({ proven: false, takeAt: expect.closeTo(Date.now() + LEASE_MS, -4) as number })
  expect(first.taken).toHaveLength(2)
  await at.settle('ep_a', ...first.taken.map(delivered))
  const second = await at.lanes.take('ep_a', 100, {})
  expect(second.proven).toBe(true)
  expect(second.taken).toHaveLength(10)
  const [one, ...others] = second.taken
  if (one) await at.settle('ep_a', failed(one, HOUR))
  expect(await at.take('ep_a')).toEqual([])
  await at.settle('ep_a', ...others.map((each) => failed(each, HOUR)).slice(0, 3))
  expect(await at.take('ep_a')).toEqual([])
})

test('the breaker opens after five failures in a row, and lets one message through at a time', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await succeed(at, 'ep_a')
  await at.publish(...Array.from({ length: 20 }, (_, n) => `m${n}`))
  await fail(at, 'ep_a', 5, HOUR)
  const { taken, takeAt } = await at.lanes.take('ep_a', 100, {})
  expect(taken).toEqual([])
  expect(takeAt).toBeCloseTo(Date.now() + 5_000, -3)
  expect(await at.lanes.state('ep_a', {})).toMatchObject({
    state: 'Failing',
    reason: 'endpoint answered 500',
    pending: 20,
  })

  await at.age('ep_a', 'openUntil', 10_000)
  expect((await fail(at, 'ep_a', 1, HOUR))[0]?.takeAt).toBeCloseTo(Date.now() + 10_000, -3)
  await at.age('ep_a', 'openUntil', 20_000)
  const probe = await at.take('ep_a')
  expect(probe).toHaveLength(1)
  await at.settle('ep_a', ...probe.map(delivered))
  expect(await at.take('ep_a')).toHaveLength(10)
  expect(await at.lanes.state('ep_a', {})).toMatchObject({
    state: 'Enabled',
    since: expect.closeTo(Date.now(), -4) as number,
  })
})

test('a breaker stays open for five minutes at most', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish(...Array.from({ length: 20 }, (_, n) => `m${n}`))
  await fail(at, 'ep_a', 5, HOUR)
  let takeAt
  for (let n = 0; n < 12; n++) {
    await at.age('ep_a', 'openUntil', HOUR)
    takeAt = (await fail(at, 'ep_a', 1, HOUR))[0]?.takeAt
  }
  expect(takeAt).toBeCloseTo(Date.now() + 300_000, -4)
})

test('an endpoint that is gone is disabled at once, and what was published meanwhile comes when it is opened again', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1', 'm2')
  const [taken] = await at.take('ep_a', 1)
  if (!taken) throw new Error('not taken')
  const { settled, disabled } = await at.settle('ep_a', { ...failed(taken), kind: 'gone' })
  expect(settled).toEqual(['dead'])
  expect(disabled).toEqual({ reason: 'endpoint answered 500', since: expect.closeTo(Date.now(), -4) as number })
  await at.publish('m3')
  expect(await at.take('ep_a')).toEqual([])
  expect((await at.lanes.awake()).endpoints).toEqual([])
  expect(await at.lanes.state('ep_a', {})).toMatchObject({
    state: 'Disabled',
    reason: 'endpoint answered 500',
    pending: 2,
  })
  expect(await at.lanes.open('ep_a')).toBe(true)
  expect(ids(await at.take('ep_a'))).toEqual(['m2', 'm3'])
})

test('after 50, 70 and 90 % of the time of nothing but failure there is a warning, once, and then it is disabled', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish(...Array.from({ length: 20 }, (_, n) => `m${n}`))
  await fail(at, 'ep_a', 5, HOUR)
  const said = []
  for (const days of [2.4, 0.2, 0.1, 1, 1, 0.4]) {
    await at.age('ep_a', 'failingSince', days * DAY)
    await at.age('ep_a', 'openUntil', HOUR)
    const [settlement] = await fail(at, 'ep_a', 1, HOUR)
    said.push(settlement?.disabled ? 'disabled' : settlement?.warn?.percent)
  }
  expect(said).toEqual([undefined, 50, undefined, 70, 90, 'disabled'])
})

test('a success begins the time of nothing but failure anew', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish(...Array.from({ length: 20 }, (_, n) => `m${n}`))
  await fail(at, 'ep_a', 4, HOUR)
  await at.age('ep_a', 'failingSince', 6 * DAY)
  await succeed(at, 'ep_a')
  const [settlement] = await fail(at, 'ep_a', 1, HOUR)
  expect(settlement).not.toHaveProperty('disabled')
})

test('few failures do not disable an endpoint however long they lie apart', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1', 'm2')
  await fail(at, 'ep_a', 1, HOUR)
  await at.age('ep_a', 'failingSince', 6 * DAY)
  expect((await fail(at, 'ep_a', 1, HOUR))[0]).not.toHaveProperty('disabled')
})

test('an endpoint gets only the types and connections that it wants, and what concerns it alone', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  const types = ['batch.finished', 'endpoint.failing']
  await at.feed.publish([
    message('m1'),
    message('m2', { type: 'batch.finished' }),
    message('m3', { type: 'batch.finished', connection: 'Sandbox.south' }),
    message('m4', { type: 'endpoint.failing', connection: '' }),
    message('m5', { type: 'endpoint.failing', connection: '', except: 'ep_a' }),
    message('m6', { type: 'webhook.test', connection: '', only: 'ep_a' }),
    message('m7', { type: 'batch.finished', only: 'ep_b' }),
  ])
  const wants = { types, connections: ['Sandbox.north'] }
  expect(await at.lanes.state('ep_a', wants)).toMatchObject({ pending: 3 })
  expect(ids(await at.take('ep_a', 2, wants))).toEqual(['m2', 'm4'])
  await at.settle('ep_a', ...(await at.take('ep_a', 0)).map(delivered))
  await succeed(at, 'ep_a')
})

test('thousands of messages that an endpoint does not want are passed over in a few steps', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  for (let part = 0; part < 3; part++) await at.publish(...Array.from({ length: 700 }, (_, n) => `m${part}_${n}`))
  await at.feed.publish([message('wanted', { type: 'batch.finished' })])
  const taken = []
  for (let n = 0; n < 3; n++) taken.push(ids(await at.take('ep_a', 5, { types: ['batch.finished'] })))
  expect(taken).toEqual([[], [], ['wanted']])
})

test('an endpoint gets no more messages per second than it asked for', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await succeed(at, 'ep_a')
  await at.publish(...Array.from({ length: 20 }, (_, n) => `m${n}`))
  const wants = { perSecond: 2 }
  const first = await at.lanes.take('ep_a', 100, wants)
  expect(first.taken).toHaveLength(2)
  expect(first.takeAt).toBeCloseTo(Date.now() + 500, -3)
  expect(await at.take('ep_a', 100, wants)).toEqual([])
  await at.age('ep_a', 'tokensAt', 500)
  expect(await at.take('ep_a', 100, wants)).toHaveLength(1)
  await at.age('ep_a', 'tokensAt', HOUR)
  expect(await at.take('ep_a', 100, wants)).toHaveLength(2)
  expect(await at.take('ep_a', 100)).toHaveLength(5)
})

test('neither what is due again nor what is new waits for all of the other', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('old1', 'old2')
  await at.settle('ep_a', ...(await at.take('ep_a')).map(delivered))
  for (const id of ['old1', 'old2']) expect(await at.deliveries.resend('ep_a', id)).toBe('queued')
  await at.publish('new1', 'new2')
  expect(ids(await at.take('ep_a', 2))).toEqual(['old1', 'new1'])
})

test('messages that are no longer kept when their turn comes are counted', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1', 'm2', 'm3', 'm4')
  const [first] = await at.take('ep_a', 1)
  if (first) await at.settle('ep_a', failed(first, 0))
  await at.redis.xtrim(at.keys.feed, 'MAXLEN', 1)
  const taken = await at.take('ep_a')
  expect(ids(taken)).toEqual(['m4'])
  expect(await at.lanes.state('ep_a', {})).toMatchObject({ missed: 3, pending: 1 })
  await at.settle('ep_a', ...taken.map(delivered))
  await at.publish('m5')
  await at.redis.unlink(at.keys.feed)
  expect(await at.take('ep_a')).toEqual([])
  expect(await at.lanes.state('ep_a', {})).toMatchObject({ missed: 4, pending: 0 })
})

test('an endpoint that was disabled by its owner is not disabled twice, and gets nothing until it is opened', async () => {
  await using at = await openWebhooks()
  expect(await at.lanes.disable('ep_a', 'disabled by its owner')).toBe(false)
  await at.lanes.open('ep_a')
  await at.publish('m1')
  expect(await at.lanes.disable('ep_a', 'disabled by its owner')).toBe(true)
  expect(await at.lanes.disable('ep_a', 'again')).toBe(false)
  expect(await at.take('ep_a')).toEqual([])
  expect(await at.lanes.enabled()).toEqual([])
  expect(await at.lanes.state('ep_a', {})).toMatchObject({ state: 'Disabled', reason: 'disabled by its owner' })
})

test('an endpoint that is forgotten with deliveries waiting and under way leaves nothing, whatever they end in', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1', 'm2', 'm3')
  const [first, second] = await at.take('ep_a')
  if (first) await at.settle('ep_a', failed(first, 0))
  await at.lanes.forget('ep_a')
  if (!second) throw new Error('not taken')
  expect((await at.settle('ep_a', delivered(second))).settled).toEqual([])
  await at.publish('m4')
  expect(await at.take('ep_a')).toEqual([])
  expect(await at.lanes.state('ep_a', {})).toBeUndefined()
  const left = (await at.redis.keys(`${at.keys.base}:*ep_a*`)).map((key) => key.slice(at.keys.base.length))
  expect(left).toEqual([':tries:ep_a:m1'])
})

test('for each endpoint there are figures', async () => {
  await using at = await openWebhooks({ configured: true })
  await at.redis.hset(at.keys.endpoints, { ep_a: 'sealed', ep_b: 'sealed' })
  await at.lanes.open('ep_a')
  await at.publish('m1', 'm2', 'm3')
  await fail(at, 'ep_a', 1)
  await fail(at, CONFIGURED_ENDPOINT, 1, HOUR)
  await at.lanes.disable('ep_a', 'endpoint answered 410: gone')
  await at.lanes.open('ep_b')
  await at.lanes.disable('ep_b', BY_ITS_OWNER)
  expect(await at.lanes.figures()).toEqual([
    { endpointId: 'ep_a', waiting: 2, deadLetters: 1, state: 'Disabled' },
    { endpointId: 'ep_b', waiting: 0, deadLetters: 0, state: 'Off' },
    { endpointId: CONFIGURED_ENDPOINT, waiting: 3, deadLetters: 0, state: 'Enabled' },
  ])
})
