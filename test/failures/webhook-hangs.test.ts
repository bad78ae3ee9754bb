import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { demoKey } from '../fixtures/processes.ts'
import { startWebhookReceiver } from '../fixtures/webhook-receiver.ts'
import { openFleet, postTo } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { paced } from '../fixtures/pace.ts'

// The time-out of one POST is 15 s.
const PATIENCE = { timeout: paced(60_000) }
const DATABASE = 14
/** More than a worker delivers at once. */
const JOBS = 30

test('an endpoint that accepts every webhook and never answers: jobs continue, others are notified, and in the end it gets all', async () => {
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
      webhooks: { allowHttp: true, allowHosts: [hanging.host, receiver.host] },
    },
  })
  const { connection, pending } = fleet.connection()
  const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  const post = (name: string) => postTo(api, connection.emrInstance, { applicationname: name })
  const replies = await Promise.all(Array.from({ length: JOBS }, () => post('demo')))
  expect(new Set(replies.map((reply) => reply?.status))).toEqual(new Set([202]))
  await expect.poll(() => hanging.received.length, PATIENCE).toBeGreaterThan(10)
  // all places are taken by the hanging deliveries; only webhooks wait for them
  expect((await post('other'))?.status).toBe(202)
  await expect.poll(pending, PATIENCE).toBe(0)
  expect(emr.made).toHaveLength(JOBS + 1)
  await receiver.nth(1)

  answers = true
  const ids = () => new Map(hanging.received.map(({ headers, body }) => [headers['webhook-id'], body]))
  await expect.poll(() => ids().size, PATIENCE).toBe(JOBS)
  // only ended jobs are reported, under one id each however often it was tried
  expect(new Set(ids().values()).size).toBe(JOBS)
})
