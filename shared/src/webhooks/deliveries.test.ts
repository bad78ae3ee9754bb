import { expect, test } from 'vitest'
import { isDeliveryCursor } from './deliveries.ts'
import { delivered, failed, HOUR, ids, message, openWebhooks } from './webhooks-under-test.ts'

type Webhooks = Awaited<ReturnType<typeof openWebhooks>>

/** An endpoint with a delivered message, a dead letter, one to be tried again, one under way and one not reached. */
async function oneOfEach() {
  const at = await openWebhooks()
  await at.publish('before')
  await at.lanes.open('ep_a')
  await at.publish('done', 'dead', 'again')
  const take = async () => {
    const [taken] = await at.take('ep_a', 1)
    if (!taken) throw new Error('there was nothing to take')
    return taken
  }
  await at.settle('ep_a', delivered(await take()))
  await at.settle('ep_a', failed(await take()))
  await at.settle('ep_a', failed(await take(), HOUR))
  await at.publish('busy', 'fresh')
  await take()
  return at
}

const list = (at: Webhooks, about: Partial<Parameters<typeof at.deliveries.list>[1]> = {}) =>
  at.deliveries.list('ep_a', { limit: 50, filter: {}, ...about })

test('deliveries are listed by their status', async () => {
  await using at = await oneOfEach()
  const of = async (status: 'Delivered' | 'Failed' | 'Waiting') => ids((await list(at, { status })).deliveries)
  expect(await of('Delivered')).toEqual(['done'])
  expect(await of('Failed')).toEqual(['dead'])
  expect(await of('Waiting')).toEqual(['fresh', 'again', 'busy'])
  const { deliveries } = await list(at)
  expect(deliveries.map(({ id, status }) => [id, status])).toEqual([
    ['fresh', 'Waiting'],
    ['busy', 'Waiting'],
    ['again', 'Waiting'],
    ['dead', 'Failed'],
    ['done', 'Delivered'],
  ])
})

test.for([undefined, 'Waiting'] as const)('a list goes on where its page ended, %s', async (status) => {
  await using at = await oneOfEach()
  const all = ids((await list(at, { status })).deliveries)
  const found = []
  let after: string | undefined
  do {
    const page = await list(at, { status, limit: 1, after })
    found.push(...ids(page.deliveries))
    after = page.next
    expect(after === undefined || isDeliveryCursor(after)).toBe(true)
  } while (after)
  expect(found).toEqual(all)
})

test('deliveries of one millisecond are listed once each', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m0', 'm1')
  await at.settle('ep_a', ...(await at.take('ep_a')).map(delivered))
  await at.publish(...Array.from({ length: 8 }, (_, n) => `m${n + 2}`))
  await at.settle('ep_a', ...(await at.take('ep_a')).map(delivered))
  const found: string[] = []
  let after: string | undefined
  do {
    const page = await list(at, { status: 'Delivered', limit: 3, after })
    found.push(...ids(page.deliveries))
    after = page.next
  } while (after)
  expect(found.toSorted()).toEqual(Array.from({ length: 10 }, (_, n) => `m${n}`))
})

test('a list leaves out what is older than asked for, and what the endpoint does not want', async () => {
  await using at = await oneOfEach()
  const since = Date.now() + HOUR / 2
  expect((await list(at, { since })).deliveries).toEqual([])
  expect((await list(at, { since, status: 'Delivered' })).deliveries).toEqual([])
  expect((await list(at, { filter: { types: ['batch.finished'] } })).deliveries).toEqual([])
})

test('a delivery is found by its webhook-id, with each try', async () => {
  await using at = await oneOfEach()
  expect(await at.deliveries.get('ep_a', 'dead')).toMatchObject({
    id: 'dead',
    type: 'encounter.created',
    status: 'Failed',
    tries: [{ ms: 5, status: 500, failure: 'endpoint answered 500' }],
  })
  expect(await at.deliveries.get('ep_a', 'done')).toMatchObject({ status: 'Delivered', tries: [{ status: 204 }] })
  expect(await at.deliveries.get('ep_a', 'fresh')).toMatchObject({ status: 'Waiting', tries: [] })
  for (const id of ['before', 'nonsense', 'id', 'encounter.created'])
    expect(await at.deliveries.get('ep_a', id)).toBeUndefined()
  expect(await at.deliveries.get('ep_b', 'done')).toBeUndefined()
})

test('the newest twenty tries of a message are kept', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1')
  for (let n = 0; n < 22; n++) {
    await at.age('ep_a', 'openUntil', HOUR)
    const [taken] = await at.take('ep_a')
    if (taken) await at.settle('ep_a', { ...failed(taken, 0), try: { at: n, ms: 1 } })
  }
  const { tries } = (await at.deliveries.get('ep_a', 'm1')) ?? {}
  expect(tries?.map(({ at: time }) => time)).toEqual(Array.from({ length: 20 }, (_, n) => n + 2))
})

test('a message is sent again with the whole schedule, unless it is on its way', async () => {
  await using at = await oneOfEach()
  const resend = (endpoint: string, id: string) => at.deliveries.resend(endpoint, id)
  expect(await resend('ep_a', 'dead')).toBe('queued')
  expect(await resend('ep_a', 'again')).toBe('queued')
  expect(await resend('ep_a', 'done')).toBe('queued')
  expect(await resend('ep_a', 'busy')).toBe('waiting')
  expect(await resend('ep_a', 'fresh')).toBe('waiting')
  for (const id of ['before', 'nonsense', 'id', 'encounter.created']) expect(await resend('ep_a', id)).toBe('unknown')
  expect(await resend('ep_b', 'done')).toBe('unknown')
  const [busy] = await at.take('ep_a', 0)
  expect(busy).toBeUndefined()
  expect((await list(at, { status: 'Failed' })).deliveries).toEqual([])
  await at.lanes.disable('ep_a', 'disabled by its owner')
  expect(await resend('ep_a', 'done')).toBe('disabled')
})

test('all that an endpoint never received is sent again, counted first', async () => {
  await using at = await openWebhooks()
  await at.publish(...Array.from({ length: 1_200 }, (_, n) => `old${n}`))
  await at.lanes.open('ep_a')
  await at.publish('done', 'dead', 'again')
  const [first, second] = await at.take('ep_a')
  if (first && second) await at.settle('ep_a', delivered(first), failed(second))
  const [third] = await at.take('ep_a')
  if (third) await at.settle('ep_a', failed(third, HOUR))
  await at.publish('fresh')
  await at.feed.publish([message('test', { only: 'ep_a' }), message('other', { type: 'batch.finished' })])

  const filter = { types: ['encounter.created'] }
  expect(await at.deliveries.undelivered('ep_a', 0, filter)).toBe(1_201)
  expect(await at.deliveries.undelivered('ep_a', Date.now() + HOUR, filter)).toBe(0)
  expect(await at.deliveries.recover('ep_a', 0, filter)).toBe(1_201)
  expect(await at.deliveries.undelivered('ep_a', 0, filter)).toBe(0)
  expect(await at.lanes.state('ep_a', filter)).toMatchObject({ pending: 1_204 })
  expect((await list(at, { status: 'Failed' })).deliveries).toEqual([])
  expect((await at.lanes.awake()).endpoints).toEqual(['ep_a'])
  expect(await at.deliveries.undelivered('ep_b', 0, {})).toBe(0)
})

test('of the deliveries the newest 10,000 are listed; the tries of older ones are forgotten', async () => {
  await using at = await openWebhooks()
  await at.lanes.open('ep_a')
  await at.publish('m1')
  const [taken] = await at.take('ep_a')
  if (taken) await at.settle('ep_a', delivered(taken))
  const done = `${at.keys.base}:done:ep_a`
  const later = Date.now() + HOUR
  await at.redis.zadd(done, ...Array.from({ length: 9_999 }, (_, n) => [later, `${later}-${n + 2}`]).flat())
  expect(await at.deliveries.get('ep_a', 'm1')).toMatchObject({ tries: [{ status: 204 }] })
  await at.publish('m2')
  const [next] = await at.take('ep_a')
  if (next) await at.settle('ep_a', delivered(next))
  expect(await at.redis.zcard(done)).toBe(10_000)
  expect(await at.deliveries.get('ep_a', 'm1')).toMatchObject({ status: 'Delivered', tries: [] })
})
