import { describe, test } from 'vitest'
import { startWebhookReceiver } from '../fixtures/webhook-receiver.ts'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { stoppingAt } from './preload.ts'
import { PATIENCE } from '../fixtures/pace.ts'

// A killed worker's jobs are free once its lock of 6 s has expired and the check every 2 s has seen it.
const OUTBOX_DATABASE = 11

async function open({
  settings = {},
  ...about
}: Partial<Parameters<typeof openFleet>[0]> & { settings?: object } = {}) {
  const emr = await openGatedEmr()
  const fleet = await openFleet({ emrs: [{ emr, settings }], ...about })
  return {
    emr,
    fleet,
    at: fleet.connection(),
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]()
      await emr[Symbol.asyncDispose]()
    },
  }
}

// (after the commit and before the record: test/end-to-end.test.ts)
describe.concurrent('a worker killed', () => {
  test('before its call leaves no mark: the job is taken up and no attempt is spent', async ({ expect }) => {
    await using opened = await open()
    const { emr, fleet, at } = opened
    const job = await at.submit()
    expect(await (await fleet.startWorker(stoppingAt('before begin'), false)).ended).toBeNull()
    expect(await fleet.redis.exists(at.keys.dispatch(job))).toBe(0)
    await fleet.startWorker()
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
    expect(emr.made).toEqual([job])
    expect(emr.arrivals).toHaveLength(1)
  })

  test('in its call before the EMR commits: the EMR is asked, does not have it, and gets it again', async ({
    expect,
  }) => {
    await using opened = await open()
    const { emr, fleet, at } = opened
    emr.hold('before commit')
    const job = await at.submit()
    const first = await fleet.startWorker()
    await expect.poll(() => emr.arrivals.length, PATIENCE).toBe(1)
    await first.kill('SIGKILL')
    expect(await at.view(job)).toMatchObject({ Status: 'Running', Attempts: 1 })
    emr.forget()
    await fleet.startWorker()
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 2 })
    expect(emr.arrivals).toHaveLength(2)
    expect(emr.made).toEqual([job])
  })

  test('in a call that may outlast its lock: "not found" is believed only once the call must have ended', async ({
    expect,
  }) => {
    // three times the lock: whoever takes the job over asks long before the EMR commits
    await using opened = await open({ settings: { timeoutMs: 20_000 } })
    const { emr, fleet, at } = opened
    emr.hold('before commit')
    const first = await fleet.startWorker()
    const job = await at.submit()
    await expect.poll(() => emr.arrivals.length, PATIENCE).toBe(1)
    await first.kill('SIGKILL')
    await fleet.startWorker()
    // asked, and given back until then
    await expect.poll(() => at.queue.getJobState(job), PATIENCE).toBe('delayed')
    expect(emr.made).toEqual([])
    emr.release()
    await expect.poll(() => emr.made, PATIENCE).toEqual([job])
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Recovered: true, Attempts: 1 })
    expect(emr.made).toEqual([job])
    expect(emr.arrivals).toHaveLength(1)
  })

  test('after the outcome, before BullMQ knows: the job is run again and leaves the outcome alone', async ({
    expect,
  }) => {
    await using opened = await open()
    const { emr, fleet, at } = opened
    const job = await at.submit()
    expect(await (await fleet.startWorker(stoppingAt('after finish'), false)).ended).toBeNull()
    const outcome = await at.records.jobs.outcome(job)
    expect(outcome).toMatchObject({ status: 'Succeeded', attempts: 1, recovered: false })
    expect(await at.queue.getJobCountByTypes('active')).toBe(1)
    await fleet.startWorker()
    await expect.poll(() => at.queue.getJobCountByTypes('completed'), PATIENCE).toBe(1)
    expect(await at.records.jobs.outcome(job)).toEqual(outcome)
    expect(emr.arrivals).toHaveLength(1)
  })

  test('after the outcome, before its webhook is queued: another worker delivers it, once', async ({ expect }) => {
    await using receiver = await startWebhookReceiver()
    await using opened = await open({
      database: OUTBOX_DATABASE,
      application: { webhook: { url: receiver.url, secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` } },
      config: { webhooks: { allowHttp: true, allowHosts: [receiver.host] } },
    })
    const { fleet, at } = opened
    const job = await at.submit()
    expect(await (await fleet.startWorker(stoppingAt('after finish'), false)).ended).toBeNull()
    expect(await fleet.redis.xlen(at.keys.outbox)).toBe(1)
    expect(receiver.received).toEqual([])
    await fleet.startWorker()
    expect((await receiver.nth(1)).body).toContain(job)
    await expect.poll(() => fleet.redis.xlen(at.keys.outbox), PATIENCE).toBe(0)
    await expect.poll(() => at.queue.getJobCountByTypes('completed'), PATIENCE).toBe(1)
    expect(receiver.received).toHaveLength(1)
  })
})
