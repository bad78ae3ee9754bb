import { recordKeys } from '@encounter-gateway/shared/records/keys.ts'
import { p95Of } from '@encounter-gateway/shared/records/tally.ts'
import { expect, test } from 'vitest'
import { openSandbox } from '../emr/sandbox.ts'
import { openGateway } from '../fixtures/gateway.ts'

const order = () => ({ by: 'ops', reason: 'maintenance', at: Date.now() })

test('workers follow the orders of operators within two seconds, also workers that start later', async () => {
  await using emr = await openSandbox()
  await using gateway = await openGateway({ emrSystem: 'Sandbox', connector: 'sandbox', settings: {}, emr })
  const { queue, connection } = gateway
  const { control } = gateway.records
  const within2s = async (condition: () => Promise<boolean>) => {
    const from = performance.now()
    expect(await gateway.until(condition)).toBe(true)
    return performance.now() - from
  }

  await control.write({ paused: order(), limits: { ...order(), concurrency: 3, requestsPerSecond: 1 } })
  expect(await within2s(() => queue.isPaused())).toBeLessThan(2_000)
  await within2s(async () => (await queue.getGlobalConcurrency()) === 3)
  await gateway.stopWorkers()
  // by hand: an order stands however the queue is changed
  await queue.resume()
  const { job } = await gateway.submit()
  await gateway.startWorker()
  expect(await queue.isPaused()).toBe(true)
  expect(await queue.getGlobalConcurrency()).toBe(3)
  expect(emr.encounters()).toEqual([])

  await control.write({ paused: undefined, resumed: order() })
  expect((await gateway.ended(job)).status).toBe('Succeeded')
  // one call a second
  const another = await gateway.submit()
  await gateway.ended(another.job)
  const sentAt = async (of: string) => Number(await gateway.redis.hget(recordKeys(connection).outcome(of), 'sentAt'))
  expect((await sentAt(another.job)) - (await sentAt(job))).toBeGreaterThanOrEqual(999)
  await control.write({ limits: undefined })
  await within2s(async () => (await queue.getGlobalConcurrency()) === connection.concurrency)

  await control.write({ hold: { ...order(), until: Date.now() + 60_000 } })
  const held = await within2s(async () => (await queue.getRateLimitTtl()) > 10_000)
  expect(held).toBeLessThan(2_000)
  const parked = await gateway.submit()
  expect((await gateway.view(parked.job)).Status).toBe('Parked')

  await gateway.stopWorkers()
  const minutes = await gateway.records.minutes(5)
  const sum = (count: (minute: (typeof minutes)[number]) => number) =>
    minutes.reduce((all, each) => all + count(each), 0)
  expect(sum(({ accepted }) => accepted)).toBeLessThanOrEqual(3)
  expect(sum(({ ended }) => ended.Succeeded ?? 0)).toBe(2)
  // on a busy machine the call may time out, and the encounter is found
  expect(sum(({ calls }) => Object.values(calls.create).length)).toBeGreaterThan(0)
  expect(p95Of(minutes)).toBeGreaterThan(0)
})
