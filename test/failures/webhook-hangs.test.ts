import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { demoKey } from '../fixtures/processes.ts'
import { startWebhookReceiver } from '../fixtures/webhook-receiver.ts'
import { openFleet, postTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { paced, PATIENCE } from '../fixtures/pace.ts'

const DATABASE = 14
const JOBS = 30

test('an endpoint that accepts every webhook and never answers delays nobody, and gets all once it answers', async () => {
  let answers = false
  await using hanging = await startWebhookReceiver((response) => answers && response.writeHead(204).end())
  await using receiver = await startWebhookReceiver()
  await using emr = await openGatedEmr()
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  const keyHash = `sha256:${createHash('sha256').update(demoKey).digest('hex')}`
  const application = (name: string, { url }: { url: string }) => {
    return { name, keyHash, emrSystems: ['Sandbox'], webhook: { url, secret } }
  }
  await using fleet = await openFleet({
    emrs: [{ emr }],
    database: DATABASE,
    config: {
      applications: [application('demo', hanging), application('other', receiver)],
      webhooks: {
        allowHttp: true,
        allowHosts: [hanging.host, receiver.host],
        timeoutSeconds: 2,
        scheduleSeconds: [1, 1, 1, 1, 1, 1],
      },
    },
  })
  const { connection, pending } = fleet.connection()
  const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  const post = (name: string) => postTo(api, connection.emrInstance, { applicationname: name })
  const replies = await Promise.all(Array.from({ length: JOBS }, () => post('demo')))
  expect(new Set(replies.map((reply) => reply?.status))).toEqual(new Set([202]))
  await expect.poll(() => hanging.received.length, PATIENCE).toBeGreaterThanOrEqual(2)
  const startedAt = performance.now()
  expect((await post('other'))?.status).toBe(202)
  await receiver.nth(1)
  expect(performance.now() - startedAt).toBeLessThan(paced(2_000))
  await expect.poll(pending, PATIENCE).toBe(0)
  expect(emr.made).toHaveLength(JOBS + 1)

  answers = true
  const ids = () => new Map(hanging.received.map(({ headers, body }) => [headers['webhook-id'], body]))
  await expect.poll(() => ids().size, PATIENCE).toBe(JOBS)
  // only ended jobs are reported, under one id each however often it was tried
  expect(new Set(ids().values()).size).toBe(JOBS)
})
