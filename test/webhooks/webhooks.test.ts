import type { RoutedJob } from '@encounter-gateway/shared/records/routing.ts'
import { connectRedis } from '@encounter-gateway/shared/redis/connect.ts'
import { openWebhookEndpoints, type WebhookEndpoint } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import { CONFIGURED_ENDPOINT, openWebhookRecords } from '@encounter-gateway/shared/webhooks/webhook-records.ts'
import { openFullBodies } from '@encounter-gateway/worker/webhooks/full-body.ts'
import { publisher } from '@encounter-gateway/worker/webhooks/publish.ts'
import { startRelay } from '@encounter-gateway/worker/webhooks/relay.ts'
import { Queue } from 'bullmq'
import { Webhook } from 'standardwebhooks'
import { expect, onTestFinished, test } from 'vitest'
import { PATIENCE } from '../fixtures/pace.ts'
import {
  BASE_URL_PATH,
  CANARY,
  openDeliveringGateway,
  openReceiver as receiver,
  URL_TOKEN,
} from './delivering-gateway.ts'

const gateway = () => openDeliveringGateway(15)

test('an outcome is posted to its application, thin, and with a signature that the foreign library accepts', async () => {
  const [at, to] = [await gateway(), await receiver()]
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host] })
  const jobId = await at.finishJob({}, 'batch1')
  deliveries.poke(at.connection)

  const { headers, body, path } = await to.nth(1)
  expect(path).toBe(BASE_URL_PATH)
  expect(headers).toMatchObject({ 'webhook-id': `msg_${jobId}_1`, 'content-type': 'application/json' })
  expect(new Webhook(to.secret).verify(body, headers)).toStrictEqual({
    type: 'encounter.created',
    timestamp: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    data: {
      JobId: jobId,
      BatchId: 'batch1',
      EMRSystem: 'Sandbox',
      EmrInstance: at.connection.emrInstance,
      StatusCode: 201,
    },
  })
  await at.became('Delivered', jobId)
  expect(await at.outboxSize()).toBe(0)
})

test('a job that ends again after a Retry is reported again, under another webhook-id', async () => {
  const [at, to] = [await gateway(), await receiver()]
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host] })
  const failed = { status: 'Failed', statusCode: 502, result: {} } as const
  const jobId = await at.finishJob(failed)
  deliveries.poke()
  await to.nth(1)
  const job: RoutedJob = { jobId, routing: { application: at.application }, createdAt: 0 }
  expect(await at.jobs.retry(job)).toBe('reopened')
  await at.jobs.end(job, failed)
  deliveries.poke()
  await to.nth(2)
  expect(to.received.map(({ headers }) => headers['webhook-id'])).toStrictEqual([`msg_${jobId}_1`, `msg_${jobId}_2`])
})

test('an endpoint that fails twice gets the same webhook-id and body until it answers 2xx', async () => {
  const at = await gateway()
  const to = await receiver((response, n) => void response.writeHead(n < 3 ? 500 : 200).end())
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host] })
  const jobId = await at.finishJob()
  deliveries.poke()
  await at.became('Delivered', jobId)

  expect(to.received).toHaveLength(3)
  expect(new Set(to.received.map(({ headers }) => headers['webhook-id']))).toStrictEqual(new Set([`msg_${jobId}_1`]))
  expect(new Set(to.received.map(({ body }) => body)).size).toBe(1)
  for (const { body, headers } of to.received) new Webhook(to.secret).verify(body, headers)
  const attempts = at.lines.filter((line) => line['msg'] === 'delivery.attempted')
  expect(attempts).toMatchObject([
    { delivery: `msg_${jobId}_1`, job: jobId, attempt: 1, of: 4, outcome: 'endpoint answered 500', next: 'retry' },
    { attempt: 2, outcome: 'endpoint answered 500', next: 'retry', nextInMs: 1 },
    { application: at.application, host: to.host, attempt: 3, outcome: 'endpoint answered 200', next: 'none' },
  ])
})

test('a delivery that has failed as often as the schedule allows becomes a dead letter', async () => {
  const at = await gateway()
  const to = await receiver((response) => void response.writeHead(503).end(CANARY))
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host] })
  const jobId = await at.finishJob()
  deliveries.poke()
  const letter = await at.became('Failed', jobId)
  expect(to.received).toHaveLength(4)
  expect(letter?.tries).toHaveLength(4)
  expect(letter?.tries.at(-1)).toMatchObject({ status: 503, failure: 'endpoint answered 503' })
})

test('410 makes a dead letter at once', async () => {
  const at = await gateway()
  const to = await receiver((response) => void response.writeHead(410).end())
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host] })
  const jobId = await at.finishJob()
  deliveries.poke()
  const letter = await at.became('Failed', jobId)
  expect(to.received).toHaveLength(1)
  expect(letter?.tries).toMatchObject([{ failure: 'endpoint answered 410: gone' }])
})

test.for([429, 503])('the Retry-After of a %i is honoured', async (status) => {
  const at = await gateway()
  const to = await receiver((response) => void response.writeHead(status, { 'retry-after': '3600' }).end())
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host] })
  const jobId = await at.finishJob()
  deliveries.poke()
  const delivery = await at.became('Waiting', jobId)
  const [made] = delivery?.tries ?? []
  expect(made?.nextAt).toBeCloseTo(Date.now() + 3_600_000, -5)
})

test('a redirect is a failure and is not followed', async () => {
  const at = await gateway()
  const elsewhere = await receiver()
  const to = await receiver((response) => void response.writeHead(307, { location: elsewhere.url }).end())
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host, elsewhere.host] })
  const jobId = await at.finishJob()
  deliveries.poke()
  const letter = await at.became('Failed', jobId)
  expect(letter?.tries.at(-1)?.failure).toBe('endpoint answered 307')
  expect(elsewhere.connections()).toBe(0)
})

test.for(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433'])(
  'an endpoint at %s, not allowed by the configuration, is never connected to',
  async (host) => {
    const [at, to] = [await gateway(), await receiver()]
    const url = to.endpoint.url.replace('127.0.0.1', host)
    const deliveries = at.deliver({ ...to.endpoint, url })
    const jobId = await at.finishJob()
    deliveries.poke()
    const letter = await at.became('Failed', jobId)
    expect(letter?.tries.at(-1)?.failure).toBe('endpoint address is not allowed')
    expect(to.connections()).toBe(0)
  },
)

test('a POST to an endpoint that does not answer ends after the time-out', async () => {
  const [at, to] = [await gateway(), await receiver(() => {})]
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host], timeoutMs: 50, retryScheduleMs: [] })
  const jobId = await at.finishJob()
  deliveries.poke()
  const letter = await at.became('Failed', jobId)
  expect(letter?.tries.at(-1)?.failure).toBe('endpoint did not answer in time')
})

test('an endpoint without a listener is reported as not reached', async () => {
  const [at, to] = [await gateway(), await receiver()]
  await to[Symbol.asyncDispose]()
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host], retryScheduleMs: [] })
  const jobId = await at.finishJob()
  deliveries.poke()
  const letter = await at.became('Failed', jobId)
  expect(letter?.tries.at(-1)?.failure).toBe('endpoint could not be reached')
  expect(at.lines).toContainEqual(expect.objectContaining({ msg: 'delivery.attempted', cause: 'ECONNREFUSED' }))
})

test('a secret that cannot be decoded fails the delivery and is not quoted', async () => {
  const [at, to] = [await gateway(), await receiver()]
  const secret = `whsec_${'A'.repeat(32)}====`
  const deliveries = at.deliver({ ...to.endpoint, secret }, { allowHosts: [to.host], retryScheduleMs: [] })
  const jobId = await at.finishJob()
  deliveries.poke()
  const letter = await at.became('Failed', jobId)
  expect(letter?.tries.at(-1)?.failure).toBe('the gateway could not make the request')
  expect(JSON.stringify(at.lines)).not.toContain(secret)
})

test('2xx counts even if the body of the answer never ends', async () => {
  const at = await gateway()
  const to = await receiver((response) => {
    response.writeHead(200)
    const more = () => {
      while (response.write(Buffer.alloc(65_536)));
    }
    response.on('drain', more)
    more()
  })
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host] })
  const jobId = await at.finishJob()
  deliveries.poke()
  await at.became('Delivered', jobId)
  expect(to.received).toHaveLength(1)
})

test('an application whose endpoint was taken out of the configuration is no longer notified, and nothing waits for it', async () => {
  const at = await gateway()
  await at.records.lanes.open(CONFIGURED_ENDPOINT)
  const deliveries = at.deliver(undefined)
  await at.finishJob()
  deliveries.poke()
  await expect.poll(at.outboxSize, PATIENCE).toBe(0)
  await expect.poll(() => at.records.lanes.state(CONFIGURED_ENDPOINT, {}), PATIENCE).toBeUndefined()
  expect((await at.records.feed.read(undefined, 5)).messages).toHaveLength(1)
})

test('an endpoint that hangs, one that is gone and one that answers: the last one gets all, and hears that another was disabled', async () => {
  const at = await gateway()
  const [good, gone, hanging] = [
    await receiver(),
    await receiver((response) => void response.writeHead(410).end()),
    await receiver(() => {}),
  ]
  const endpoints = openWebhookEndpoints(at.redis, {
    application: { name: at.application },
    sealingKeys: at.sealingKeys,
  })
  const open = async (endpointId: string, to: typeof good, more: Partial<WebhookEndpoint> = {}) => {
    const about = { endpointId, url: to.url, headers: { 'x-own': endpointId }, body: 'thin', createdAt: 0 } as const
    await endpoints.create({ ...about, secrets: [{ secret: to.secret }], ...more })
    await at.records.lanes.open(endpointId)
  }
  await open('ep_good', good)
  await open('ep_gone', gone, { eventTypes: ['encounter.created'] })
  await open('ep_hanging', hanging)
  const deliveries = at.deliver(undefined, { allowHosts: [good.host, gone.host, hanging.host], drainMs: 0 })
  for (let n = 0; n < 8; n++) await at.finishJob(n === 0 ? { status: 'Failed', statusCode: 400, result: {} } : {})
  deliveries.poke()
  await good.nth(9)
  const types = good.received.map(({ body, headers }) => {
    expect(headers['x-own']).toBe('ep_good')
    return (new Webhook(good.secret).verify(body, headers) as { type: string }).type
  })
  expect(types.toSorted()).toEqual(
    [...Array.from({ length: 7 }, () => 'encounter.created'), 'encounter.failed', 'endpoint.disabled'].toSorted(),
  )
  const disabled = good.received.find(({ body }) => body.includes('endpoint.disabled'))
  expect(JSON.parse(disabled?.body ?? '')).toMatchObject({
    data: { EndpointId: 'ep_gone', Reason: 'endpoint answered 410: gone' },
  })
  expect(gone.received.every(({ body }) => body.includes('encounter.created'))).toBe(true)
  expect(hanging.received.length).toBeLessThanOrEqual(2)
  expect(await at.records.lanes.state('ep_gone', {})).toMatchObject({ state: 'Disabled' })
  const acts = await at.audit.page(undefined, 100)
  expect(acts.filter(({ About }) => About === `${at.application} ep_gone`)).toMatchObject([
    { Kind: 'system', Actor: 'gateway', Action: 'EndpointDisabled', Reason: 'endpoint answered 410: gone' },
  ])
  const counted = async () =>
    (await at.registry.getMetricsAsJSON()).flatMap(({ name, values }) =>
      name === 'gateway_webhook_attempts_total' ? values.map(({ labels, value }) => ({ ...labels, value })) : [],
    )
  await expect.poll(counted, PATIENCE).toEqual(
    expect.arrayContaining([
      { application: at.application, endpoint: 'ep_good', outcome: 'delivered', value: 9 },
      { application: at.application, endpoint: 'ep_gone', outcome: 'dead', value: expect.any(Number) },
    ]),
  )
  await endpoints.remove('ep_gone')
  await at.records.lanes.forget('ep_gone')
  await expect.poll(async () => JSON.stringify(await counted()), PATIENCE).not.toContain('ep_gone')
})

test('the result is in the body for an endpoint that asked for it', async () => {
  const at = await gateway()
  const jobId = await at.finishJob()
  const config = { connections: [at.connection] as never, applications: [], sealingKeys: at.sealingKeys }
  const bodies = openFullBodies(at.redis, {
    ...config,
    retention: { resultHours: 1, failedPayloadHours: 1, auditDays: 1 },
  })
  const body = JSON.stringify({ type: 'encounter.created', timestamp: '', data: { JobId: jobId } })
  const connection = `Sandbox.${at.connection.emrInstance}`
  const full = await bodies.bodyOf({ id: `msg_${jobId}_1`, connection, body })
  expect(JSON.parse(full)).toMatchObject({ data: { JobId: jobId, Result: { EncounterId: CANARY } } })
  for (const id of [`msg_${jobId}_2`, 'other']) expect(await bodies.bodyOf({ id, connection, body })).toBe(body)
  expect(await bodies.bodyOf({ id: `msg_${jobId}_1`, connection: 'Sandbox.gone', body })).toBe(body)
  await bodies.close()
})

test('what an older version left in its queue is delivered, under the same webhook-id', async () => {
  const [at, to] = [await gateway(), await receiver()]
  const old = new Queue('{webhooks}', { connection: at.redis, prefix: 'eg', skipVersionCheck: true })
  const body = { type: 'encounter.created', timestamp: '2026-11-23T12:00:00.007Z', data: { JobId: 'j1' } }
  const message = { id: `msg_${at.application}_1`, application: at.application, body }
  await old.add(body.type, message, { jobId: message.id, attempts: 10, backoff: { type: 'custom' } })
  onTestFinished(() => old.close())
  at.deliver(to.endpoint, { allowHosts: [to.host] })
  const { headers, body: received } = await to.nth(1)
  expect(headers['webhook-id']).toBe(message.id)
  expect(JSON.parse(received)).toEqual(body)
  await expect.poll(() => old.getJobCountByTypes('waiting', 'active', 'delayed'), PATIENCE).toBe(0)
})

test('entries that a dead worker left in the outbox are swept up by another', async () => {
  const [at, to] = [await gateway(), await receiver()]
  const jobIds = [await at.finishJob(), await at.finishJob()]
  await at.ageOutbox()
  at.deliver(to.endpoint, { allowHosts: [to.host] })
  const ids = [await to.nth(1), await to.nth(2)].map(({ headers }) => headers['webhook-id'])
  expect(new Set(ids)).toStrictEqual(new Set(jobIds.map((jobId) => `msg_${jobId}_1`)))
})

test('a relay cut off between add and removal leaves one delivery, and the next sweep adds no second one', async () => {
  const [at, to] = [await gateway(), await receiver()]
  const jobId = await at.finishJob()
  await at.ageOutbox()

  // This relay's user may do all but the last step, so it gets just that far.
  const user = `cut-off-${at.connection.emrInstance}`
  await at.redis.call('ACL', 'SETUSER', user, 'on', 'nopass', '~*', '&*', '+@all', '-xdel')
  onTestFinished(() => void at.redis.call('ACL', 'DELUSER', user))
  const url = new URL(at.redisUrl)
  url.username = user
  url.password = 'any'
  const crippled = connectRedis(url.href, 'consumer')
  onTestFinished(() => crippled.disconnect())
  const records = openWebhookRecords(crippled, { application: at.application, retentionMs: 1e6, configured: true })
  const cutOff = at.nextLine('webhooks.notRelayed')
  const relay = startRelay({
    redis: crippled,
    publish: publisher(new Map([[at.application, records]]), () => undefined),
    connections: [at.connection],
    log: at.log,
    unreadable: () => undefined,
  })
  await cutOff
  await relay.close()
  expect(await at.outboxSize()).toBe(1)
  await at.became('Waiting', jobId, { tries: 0 })

  at.deliver(to.endpoint, { allowHosts: [to.host] })
  await at.became('Delivered', jobId)
  await expect.poll(at.outboxSize, PATIENCE).toBe(0)
  expect(to.received).toHaveLength(1)
})

test('an outbox of more entries than one chunk is emptied, and a chunk of unreadable ones in front is moved aside', async () => {
  const at = await gateway()
  const { outbox, outboxUnreadable } = at.keys
  for (let n = 0; n < 500; n++) await at.redis.xadd(outbox, '*', 'event', `no event of ours ${n}`)
  const about = { Round: 1, At: 1, Status: 'Succeeded', StatusCode: 201, Application: at.application }
  const events = Array.from({ length: 1_200 }, (_, n) => ({ ...about, JobId: `${at.connection.emrInstance}${n}` }))
  for (const event of events) await at.redis.xadd(outbox, '*', 'event', JSON.stringify(event))
  const publish = publisher(new Map([[at.application, at.records]]), () => undefined)
  const told: [string, number][] = []
  const unreadable = (...about: [string, number]) => void told.push(about)
  const relay = startRelay({ redis: at.redis, publish, connections: [at.connection], log: at.log, unreadable })
  relay.poke(at.connection)
  while ((await at.outboxSize()) > 0) await at.redis.ping()
  await relay.close()
  expect((await at.records.feed.read(undefined, 2_000)).messages).toHaveLength(1_200)
  expect(told).toEqual([[expect.stringContaining(at.connection.emrInstance), 500]])
  expect(at.lines.filter((line) => line['msg'] === 'webhooks.unreadable')).toHaveLength(1)
  expect(await at.redis.llen(outboxUnreadable)).toBe(500)
  expect(await at.redis.ttl(outboxUnreadable)).toBeGreaterThan(0)
})

test('a worker that stops gives a delivery in flight back to the queue without spending a try', async () => {
  const [at, to] = [await gateway(), await receiver(() => {})]
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host], drainMs: 0 })
  const jobId = await at.finishJob()
  deliveries.poke()
  await to.nth(1)
  await deliveries.close()
  expect(await at.became('Waiting', jobId, { tries: 0 })).toMatchObject({ tries: [] })
  expect(await at.records.lanes.take(CONFIGURED_ENDPOINT, 1, {})).toMatchObject({ taken: [{ tries: 0 }] })
})

test('neither patient data nor the secrets of an endpoint are left in Redis or in the log', async () => {
  const at = await gateway()
  const to = await receiver((response, n) => {
    if (n === 1) response.writeHead(400, CANARY, { 'x-patient': CANARY }).end(CANARY)
    else if (n === 2) response.destroy(new Error(CANARY))
    else if (n === 3) response.socket?.end(`${CANARY} no HTTP at all\r\n\r\n`)
    else response.writeHead(200).end(CANARY)
  })
  const deliveries = at.deliver(to.endpoint, { allowHosts: [to.host] })
  const jobId = await at.finishJob()
  deliveries.poke()
  await at.became('Delivered', jobId)
  expect(to.received).toHaveLength(4)
  const kept = JSON.stringify([
    await dump(at.redis, `eg:{hooks.${at.application}}*`),
    await dump(at.redis, `*${jobId}*`),
    at.lines,
  ])
  expect(kept).toContain(jobId)
  for (const secret of [CANARY, URL_TOKEN, to.secret, to.secret.slice('whsec_'.length)]) {
    expect(kept).not.toContain(secret)
  }
})

/** Everything under keys of this pattern, as text. */
async function dump(redis: ReturnType<typeof connectRedis>, pattern: string): Promise<unknown[]> {
  const keys = await redis.keys(pattern)
  return Promise.all(
    keys.map(async (key) => {
      const type = await redis.type(key)
      if (type === 'string') return [key, await redis.get(key)]
      if (type === 'hash') return [key, await redis.hgetall(key)]
      if (type === 'zset') return [key, await redis.zrangebyscore(key, '-inf', '+inf')]
      if (type === 'list') return [key, await redis.lrange(key, 0, -1)]
      if (type === 'stream') return [key, await redis.xrange(key, '-', '+')]
      // gone meanwhile: BullMQ's marker exists for moments only
      if (type === 'none') return []
      throw new Error(`a ${type} at ${key} would go unread`)
    }),
  )
}
