import { openBreakerRecord } from '@encounter-gateway/shared/records/breaker.ts'
import { expect, test } from 'vitest'
import { PATIENCE } from '../fixtures/pace.ts'
import { openGateway } from '../fixtures/gateway.ts'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'

test('ONE job on a quiet connection waits for an EMR that refuses connections, and spends no attempt on it', async () => {
  await using emr = await openGatedEmr()
  await emr.goDown()
  const settings = { maxAttempts: 1, backoffMs: 10, breaker: { minimumCalls: 100 } }
  await using fleet = await openFleet({ emrs: [{ emr, settings }] })
  const at = fleet.connection()
  const job = await at.submit()
  await fleet.startWorker()
  const tries = async () => Number(await fleet.redis.hget(at.keys.dispatch(job), 'waits'))
  await expect.poll(tries, PATIENCE).toBeGreaterThan(4)
  await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Parked', Attempts: 0 })
  await emr.comeBack()
  await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
  expect(emr.made).toEqual([job])
})

test('several workers stop together for an EMR that hangs, and then only probe it', async () => {
  const CONCURRENCY = 12
  await using emr = await openGatedEmr()
  emr.hold('before commit')
  const settings = { timeoutMs: 1_000, concurrency: CONCURRENCY, breaker: { openMs: 500 } }
  await using fleet = await openFleet({ emrs: [{ emr, settings }] })
  const at = fleet.connection()
  await Promise.all(Array.from({ length: 100 }, () => at.submit()))
  await Promise.all(Array.from({ length: 3 }, () => fleet.startWorker()))
  const breaker = openBreakerRecord(fleet.redis, at.connection)
  const failedProbes = async () => {
    const state = await breaker.state()
    return state.state === 'closed' ? -1 : state.failedProbes
  }
  // a probe that asks whether an earlier call has worked reaches nobody who creates
  await expect.poll(failedProbes, PATIENCE).toBeGreaterThanOrEqual(2)
  expect(emr.arrivals.length).toBeLessThanOrEqual(2 * CONCURRENCY + (await failedProbes()) + 1)
  expect(await breaker.state()).toMatchObject({ cause: 'unanswered' })
})

test('eight workers at default settings hold an EMR that hangs within twice its time-out', async () => {
  const TIMEOUT_MS = 2_000
  await using emr = await openGatedEmr()
  emr.hold('before commit')
  const sandbox = { options: { baseUrl: emr.baseUrl }, credentials: { loginId: 'user', password: 'secret' } }
  // all else as it is without a setting
  const settings = {
    timeoutMs: TIMEOUT_MS,
    settleMs: undefined,
    backoffMs: undefined,
    maxAttempts: undefined,
    requestsPerSecond: undefined,
  }
  await using gateway = await openGateway({ emrSystem: 'Sandbox', connector: 'sandbox', settings, emr: sandbox })
  for (let workers = 1; workers < 8; workers++) await gateway.startWorker()
  const { concurrency } = gateway.connection
  await Promise.all(Array.from({ length: 200 }, () => gateway.submit()))
  await expect.poll(() => emr.arrivals.length, { ...PATIENCE, interval: 5 }).toBeGreaterThan(0)
  const from = performance.now()
  const { breaker } = gateway.records
  await expect.poll(async () => (await breaker.state()).state, { ...PATIENCE, interval: 20 }).toBe('open')
  expect(performance.now() - from).toBeLessThan(2 * TIMEOUT_MS)
  expect(emr.arrivals.length).toBeLessThanOrEqual(2 * concurrency)
  emr.forget()
})
