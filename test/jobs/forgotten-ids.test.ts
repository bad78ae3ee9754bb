import { expect, test } from 'vitest'
import { openGatedEmr } from '../failures/gated-emr.ts'
import { openGateway } from '../fixtures/gateway.ts'

const HOUR = 3_600_000
/** The default of `resultHours`. */
const RESULT_HOURS = 72

test('an application’s list forgets an id a day after its result has expired, and not before', async () => {
  await using emr = await openGatedEmr()
  await using gateway = await openGateway({
    emrSystem: 'Sandbox',
    connector: 'sandbox',
    settings: {},
    emr: { options: { baseUrl: emr.baseUrl }, credentials: {} },
  })
  const { keys, redis, connection } = gateway
  const list = keys.jobs('demo')
  const keptMs = (RESULT_HOURS + connection.deadlineHours + 24) * HOUR
  const [old, young] = [Date.now() - keptMs - HOUR, Date.now() - keptMs + HOUR]
  await redis.zadd(list, old, 'old', young, 'young', Date.now(), 'new')
  expect(await gateway.until(async () => (await redis.zscore(list, 'old')) === null)).toBe(true)
  expect(await redis.zrange(list, '0', '-1')).toEqual(['young', 'new'])
})
