import { expect, test } from 'vitest'
import { startRedisServer } from '../fixtures/redis-server.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../fixtures/webhook-receiver.ts'
import { openFleet, postTo, uploadTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const ITEMS = 200

test('SCRIPT FLUSH under load: api and worker recover by themselves, and no request, batch or webhook is lost', async () => {
  await using redis = await startRedisServer()
  await using emr = await openGatedEmr({ latencyMs: 20 })
  await using receiver = await startWebhookReceiver()
  // few at once, so that most of the batch still waits for its turn
  await using fleet = await openFleet({
    emrs: [{ emr, settings: { concurrency: 4 } }],
    redisUrl: redis.url,
    ...tellingTo(receiver),
  })
  const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  const { connection, pending } = fleet.connection()
  const { batch } = await uploadTo(api, connection.emrInstance, ITEMS)
  await expect.poll(() => emr.made.length, PATIENCE).toBeGreaterThan(10)
  await fleet.redis.script('FLUSH')
  await expect.poll(async () => (await postTo(api, connection.emrInstance))?.status, PATIENCE).toBe(202)
  await expect.poll(pending, PATIENCE).toBe(0)
  expect(emr.made).toHaveLength(ITEMS + 1)
  expect(new Set(emr.made).size).toBe(ITEMS + 1)
  expect(await batch()).toMatchObject({ Status: 'Finished', Succeeded: ITEMS })
  // those of the jobs, and that of the batch
  const told = () => new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size
  await expect.poll(told, PATIENCE).toBe(ITEMS + 2)
})

test('SCRIPT FLUSH while only single requests arrive: their webhooks are delivered all the same', async () => {
  await using redis = await startRedisServer()
  await using receiver = await startWebhookReceiver()
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr }], redisUrl: redis.url, ...tellingTo(receiver) })
  const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  const { connection } = fleet.connection()
  const post = async () => (await postTo(api, connection.emrInstance))?.status
  expect(await post()).toBe(202)
  await receiver.nth(1)
  await fleet.redis.script('FLUSH')
  await expect.poll(post, PATIENCE).toBe(202)
  await receiver.nth(2)
})

function tellingTo(receiver: WebhookReceiver) {
  return {
    application: { webhook: { url: receiver.url, secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` } },
    config: { webhooks: { allowHttp: true, allowHosts: [receiver.host] } },
  }
}
