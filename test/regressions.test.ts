import type { AddressInfo } from 'node:net'
import { connectRedis } from '@encounter-gateway/shared/redis/connect.ts'
import { buildSandboxEmr } from '@encounter-gateway/sandbox-emr/app.ts'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { openGateway } from './fixtures/gateway.ts'
import { openChaosProxy } from './torture/chaos-proxy.ts'
import { randomFrom } from './torture/random.ts'

/** What the torture (test/torture) has found, each named after the fault. */

test('a worker told to stop while it waits to reconnect to Redis hung until it was killed: such a connection says end', async () => {
  const redis = connectRedis(`redis://127.0.0.1:${await findFreePort()}`, 'consumer')
  // as BullMQ makes its blocking connection, and as it ends it: worker.close() waits for this event
  if (!(redis instanceof Redis)) throw new TypeError('one server is no cluster')
  const blocking = redis.duplicate()
  for (const client of [redis, blocking]) client.on('error', () => undefined)
  await new Promise((resolve) => blocking.once('reconnecting', resolve))
  const ended = new Promise((resolve) => blocking.once('end', resolve))
  blocking.disconnect()
  await ended
  expect(blocking.status).toBe('end')
  redis.disconnect()
})

/**
 * The Sandbox EMR behind a line that can be cut, and a gateway that uses it; encounters are committed `commitDelayMs`
 * after their request.
 */
async function openLate(commitDelayMs: number, settings: { timeoutMs: number; settleMs: number }) {
  const emr = buildSandboxEmr()
  await emr.listen({ port: 0, host: '127.0.0.1' })
  const line = await openChaosProxy((emr.server.address() as AddressInfo).port)
  await emr.inject({ method: 'PUT', url: '/control', payload: { commitDelayMs } })
  const gateway = await openGateway({
    emrSystem: 'Sandbox',
    connector: 'sandbox',
    settings,
    emr: {
      options: { baseUrl: `http://127.0.0.1:${line.port}` },
      credentials: { loginId: 'user', password: 'secret' },
    },
  })
  return {
    emr,
    line,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await line[Symbol.asyncDispose]()
      await emr.close()
    },
  }
}

test('an EMR that commits after our time-out gets the encounter once: the settle time begins when the call ends', async () => {
  // late by more than the settle time after the call was begun, by less after it ended
  await using late = await openLate(2_500, { timeoutMs: 1_000, settleMs: 2_000 })
  const { job } = await late.gateway.submit()
  expect(await late.gateway.ended(job)).toMatchObject({ status: 'Succeeded', attempts: 1, recovered: true })
  const made = await late.emr.inject({ url: `/encounters?correlationKey=${job}` })
  expect(made.json()).toHaveLength(1)
})

test('an EMR that commits although the line was cut gets it once: a lost answer is waited for as long as a slow one', async () => {
  // within time-out and settle time, but later than the settle time after the cut
  await using late = await openLate(2_500, { timeoutMs: 2_000, settleMs: 1_000 })
  const called = new Promise((resolve) => late.emr.server.once('request', resolve))
  const { job } = await late.gateway.submit()
  await called
  late.line.spoil({ how: 'cut', share: 1, everyMs: 60_000 }, randomFrom(1))
  late.line.calm()
  expect(await late.gateway.ended(job)).toMatchObject({ status: 'Succeeded', attempts: 1, recovered: true })
  const made = await late.emr.inject({ url: `/encounters?correlationKey=${job}` })
  expect(made.json()).toHaveLength(1)
})
