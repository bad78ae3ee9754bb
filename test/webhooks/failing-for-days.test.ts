import { openWebhookEndpoints } from '@encounter-gateway/shared/webhooks/endpoints.ts'
import { expect, test } from 'vitest'
import { PATIENCE } from '../fixtures/pace.ts'
import { openDeliveringGateway, openReceiver } from './delivering-gateway.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

test('after 50, 70 and 90 % of five days of nothing but failure the other endpoints are warned, after all of them operators hear too', async () => {
  const at = await openDeliveringGateway(1)
  const good = await openReceiver()
  const bad = await openReceiver((response) => void response.writeHead(500).end())
  const endpoints = openWebhookEndpoints(at.redis, {
    application: { name: at.application },
    sealingKeys: at.sealingKeys,
  })
  for (const [endpointId, to] of [
    ['ep_good', good],
    ['ep_bad', bad],
  ] as const) {
    const secrets = [{ secret: to.secret }]
    await endpoints.create({ endpointId, url: to.url, headers: {}, body: 'thin', createdAt: 0, secrets })
    await at.records.lanes.open(endpointId)
  }
  const retryScheduleMs = Array.from({ length: 50 }, () => 1)
  const deliveries = at.deliver(undefined, { allowHosts: [good.host, bad.host], retryScheduleMs })
  await at.finishJob()
  deliveries.poke()
  const state = () => at.records.lanes.state('ep_bad', {})
  await expect.poll(async () => (await state())?.state, PATIENCE).toBe('Failing')

  const base = `eg:{hooks.${at.application}}`
  /** Moves the clock of the lane: it has failed for longer, and its breaker lets a message through. */
  const shift = async (ms: number) => {
    await at.redis.hincrby(`${base}:lane:ep_bad`, 'failingSince', -ms)
    await at.redis.hset(`${base}:lane:ep_bad`, 'openUntil', 1)
    await at.redis.zadd(`${base}:wake`, 1, 'ep_bad')
  }
  const news = () =>
    good.received
      .map(({ body }) => JSON.parse(body) as { type: string; data: { EndpointId?: string; Percent?: number } })
      .filter(({ data }) => data.EndpointId === 'ep_bad')
      .map(({ type, data }) => [type, data.Percent])
  const warnings = [50, 70, 90].map((percent) => ['endpoint.failing', percent])
  for (const [n, days] of [2.6, 1, 1].entries()) {
    await shift(days * DAY)
    await expect.poll(news, PATIENCE).toEqual(warnings.slice(0, n + 1))
    expect((await state())?.state).toBe('Failing')
  }
  await shift(0.5 * DAY)
  await expect.poll(news, PATIENCE).toEqual([...warnings, ['endpoint.disabled', undefined]])
  expect(await state()).toMatchObject({ state: 'Disabled', reason: 'endpoint answered 500', pending: 1 })
  const [entry] = await at.audit.page(undefined, 1)
  expect(entry).toMatchObject({
    Kind: 'system',
    Action: 'EndpointDisabled',
    About: `${at.application} ep_bad`,
    Reason: 'endpoint answered 500',
  })
  expect(at.lines).toContainEqual(expect.objectContaining({ msg: 'endpoint.disabled', endpoint: 'ep_bad' }))
  expect(JSON.stringify(bad.received)).not.toContain('endpoint.')
})
