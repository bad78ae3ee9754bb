import type { Ending } from '@encounter-gateway/shared/records/outcome.ts'
import { queueNameOf } from '@encounter-gateway/shared/records/keys.ts'
import { KEY_PREFIX } from '@encounter-gateway/shared/redis/key-prefix.ts'
import { connectRedis } from '@encounter-gateway/shared/redis/connect.ts'
import { UnrecoverableError, Worker } from 'bullmq'
import { expect, test } from 'vitest'
import { openSandbox } from '../emr/sandbox.ts'
import { openGateway } from '../fixtures/gateway.ts'
import { loadSample } from '../fixtures/sample.ts'

async function open(settings: Record<string, unknown> = {}) {
  const emr = await openSandbox()
  const gateway = await openGateway({ emrSystem: 'Sandbox', connector: 'sandbox', settings, emr })
  return {
    emr,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await emr[Symbol.asyncDispose]()
    },
  }
}

const cancelled: Ending = { status: 'Cancelled', statusCode: 409, result: {} }

test('a job cancelled before it was dispatched never reaches the EMR', async () => {
  await using both = await open()
  const { emr, gateway } = both
  await gateway.stopWorkers()
  const { job } = await gateway.submit()
  expect(await gateway.end(job, cancelled, 'undispatched')).toBe('recorded')
  await gateway.startWorker()
  const next = await gateway.submit()
  await gateway.ended(next.job)
  expect(emr.encounters().map((e) => e.correlationKey)).toEqual([next.job])
  expect((await gateway.view(job)).Status).toBe('Cancelled')
})

test('cancelling is refused once a call has been marked, and dispatching once a job was cancelled', async () => {
  await using both = await open()
  const { gateway } = both
  await gateway.stopWorkers()
  const dispatched = await gateway.submit()
  expect((await gateway.records.jobs.begin(dispatched.job)).kind).toBe('go')
  expect(await gateway.end(dispatched.job, cancelled, 'undispatched')).toBe('dispatched')
  const stopped = await gateway.submit()
  expect(await gateway.end(stopped.job, cancelled, 'undispatched')).toBe('recorded')
  expect((await gateway.records.jobs.begin(stopped.job)).kind).toBe('finished')
})

test('exactly one of many outcomes written at once is recorded', async () => {
  await using both = await open()
  const { gateway } = both
  await gateway.stopWorkers()
  const { job } = await gateway.submit()
  const said = await Promise.all(Array.from({ length: 20 }, () => gateway.end(job, cancelled)))
  expect(said.filter((word) => word === 'recorded')).toHaveLength(1)
  expect(said.filter((word) => word === 'already')).toHaveLength(19)
})

test('if two processes begin a job at once, one calls and the other finds the mark', async () => {
  await using both = await open()
  const { gateway } = both
  await gateway.stopWorkers()
  const { job } = await gateway.submit()
  const begun = await Promise.all([gateway.records.jobs.begin(job), gateway.records.jobs.begin(job)])
  expect(begun.map((b) => b.kind).toSorted()).toEqual(['dangling', 'go'])
  const takenOver = await Promise.all([
    gateway.records.jobs.begin(job, { attempt: 1, as: 'absent' }),
    gateway.records.jobs.begin(job, { attempt: 1, as: 'absent' }),
  ])
  expect(takenOver.map((b) => b.kind).toSorted()).toEqual(['dangling', 'go'])
})

test('among jobs that are begun or ended at once, one with a broken record fails alone', async () => {
  await using both = await open()
  const { gateway } = both
  await gateway.stopWorkers()
  const jobs = [await gateway.submit(), await gateway.submit(), await gateway.submit()].map(({ job }) => job)
  const [, broken = ''] = jobs
  await gateway.redis.set(gateway.keys.dispatch(broken), 'no hash')
  const begun = await Promise.allSettled(jobs.map((job) => gateway.records.jobs.begin(job)))
  const failure = { status: 'rejected', reason: { name: 'ReplyError', message: expect.stringMatching(/^WRONGTYPE/) } }
  const going = { status: 'fulfilled', value: { kind: 'go', attempt: 1 } }
  expect(begun).toMatchObject([going, failure, going])
  const ended = await Promise.allSettled(jobs.map((job) => gateway.end(job, cancelled)))
  const recorded = { status: 'fulfilled', value: 'recorded' }
  expect(ended).toMatchObject([recorded, failure, recorded])
})

test('with policy stop, a call without an answer ends OutcomeUnknown and is not repeated', async () => {
  await using both = await open({ onUnknownOutcome: 'stop' })
  const { emr, gateway } = both
  emr.misbehave({ how: 'hang after commit' })
  const { job } = await gateway.submit()
  expect(await gateway.ended(job)).toMatchObject({ status: 'OutcomeUnknown', statusCode: 408, attempts: 1 })
  expect(emr.encounters()).toHaveLength(1)
})

test('a job whose EMR never answers ends Failed only after the EMR was asked and did not have it', async () => {
  await using both = await open({ timeoutMs: 300 })
  const { emr, gateway } = both
  emr.misbehave({ how: 'hang before commit' })
  const { job } = await gateway.submit()
  expect(await gateway.ended(job)).toMatchObject({ status: 'Failed', statusCode: 408, attempts: 3 })
  expect(emr.encounters()).toEqual([])
})

test('429 holds the whole queue for as long as the EMR requests', async () => {
  await using both = await open({ concurrency: 1 })
  const { emr, gateway } = both
  emr.misbehave({ how: { answer: 429 }, times: 1 })
  const jobs = [await gateway.submit(), await gateway.submit()]
  const ended = await Promise.all(jobs.map(({ job }) => gateway.ended(job)))
  expect(ended.map((e) => e.status)).toEqual(['Succeeded', 'Succeeded'])
  const [refused = 0, ...later] = emr.load().arrivals
  expect(Math.min(...later) - refused).toBeGreaterThanOrEqual(900)
})

test('a job whose queue is held past its deadline expires and is not sent', async () => {
  await using both = await open({ deadlineHours: 0.5 / 3_600 })
  const { emr, gateway } = both
  await gateway.queue.pause()
  const { job } = await gateway.submit()
  expect(await gateway.ended(job)).toMatchObject({ status: 'Expired', statusCode: 408, attempts: 0 })
  await gateway.queue.resume()
  expect(emr.encounters()).toEqual([])
})

test('a job whose workers died too often is set aside, in doubt if a call was under way', async () => {
  await using both = await open()
  const { gateway } = both
  await gateway.stopWorkers()
  const untouched = await gateway.submit()
  const called = await gateway.submit()
  await gateway.records.jobs.begin(called.job)
  const patient = connectRedis(process.env['REDIS_URL'] ?? '', 'consumer')
  // what BullMQ does with a job whose worker was killed more than `maxStalledCount` times
  const reaper = new Worker(
    queueNameOf(gateway.connection),
    async () => {
      throw new UnrecoverableError('job stalled more than allowable limit')
    },
    {
      connection: patient,
      prefix: KEY_PREFIX,
    },
  )
  await gateway.until(async () => (await gateway.queue.getFailedCount()) === 2)
  await reaper.close()
  patient.disconnect()
  await gateway.startWorker()
  expect(await gateway.ended(untouched.job)).toMatchObject({ status: 'Failed', statusCode: 500 })
  expect(await gateway.ended(called.job)).toMatchObject({ status: 'OutcomeUnknown', statusCode: 408 })
})

test('a Retry opens a new round that finds what the last one left in doubt', async () => {
  await using both = await open({ onUnknownOutcome: 'reconcile', maxAttempts: 1, timeoutMs: 300 })
  const { emr, gateway } = both
  emr.misbehave({ how: { answer: 502 }, times: 1 })
  const { job } = await gateway.submit()
  expect(await gateway.ended(job)).toMatchObject({ status: 'Failed', statusCode: 502, round: 1 })
  expect(await gateway.reopen(job)).toBe('reopened')
  await (await gateway.queue.getJob(job))?.retry('failed')
  expect(await gateway.ended(job)).toMatchObject({ status: 'Succeeded', statusCode: 201, round: 2, attempts: 1 })
  expect(emr.encounters()).toHaveLength(1)
  expect(await gateway.reopen(job)).toBe('succeeded')
})

test('the time of the first attempt survives its worker, later attempts and a Retry', async () => {
  await using both = await open()
  const { gateway } = both
  const { records } = gateway
  await gateway.stopWorkers()
  const { job } = await gateway.submit()
  const before = Date.now()
  // nothing was sent: it is not the first
  await records.jobs.begin(job)
  await records.jobs.settle(job, { round: 1, attempt: 1, state: 'unspent', nextInMs: 0, statusCode: 0 })
  await gateway.until(async () => Date.now() > before + 5)
  expect((await records.jobs.begin(job)).kind).toBe('go')
  const first = await records.jobs.begin(job)
  if (first.kind !== 'dangling') throw new Error(first.kind)
  const { firstAttemptAt = 0, now, sinceMs } = first
  expect(firstAttemptAt).toBeGreaterThan(before + 4)
  expect(firstAttemptAt).toBe(now - sinceMs)

  await gateway.until(async () => Date.now() > firstAttemptAt + 5)
  expect((await records.jobs.begin(job, { attempt: 1, as: 'absent' })).kind).toBe('go')
  const second = await records.jobs.begin(job)
  expect(second).toMatchObject({ kind: 'dangling', attempt: 2, firstAttemptAt })
  expect(await gateway.end(job, { ...cancelled, status: 'OutcomeUnknown', statusCode: 408 })).toBe('recorded')
  expect(await gateway.reopen(job)).toBe('reopened')
  expect(await records.jobs.begin(job)).toMatchObject({ kind: 'dangling', round: 2, attempt: 0, firstAttemptAt })
  expect((await records.jobs.begin(job, { attempt: 0, as: 'absent' })).kind).toBe('go')
  expect(await records.jobs.begin(job)).toMatchObject({ kind: 'dangling', round: 2, attempt: 1, firstAttemptAt })

  // as an older version has left it
  await gateway.redis.hdel(gateway.keys.dispatch(job), 'firstSentAt')
  expect((await records.jobs.begin(job, { attempt: 1, as: 'absent' })).kind).toBe('go')
  expect(await records.jobs.begin(job)).toMatchObject({ kind: 'dangling', attempt: 2, firstAttemptAt: undefined })
})

test('the payload is erased when the job has succeeded, and expires when it failed', async () => {
  await using both = await open()
  const { emr, gateway } = both
  const good = await gateway.submit()
  await gateway.ended(good.job)
  expect(await gateway.redis.exists(gateway.keys.payload(good.job))).toBe(0)
  emr.misbehave({ how: { answer: 400 } })
  const bad = await gateway.submit()
  await gateway.ended(bad.job)
  const term = await gateway.redis.pttl(gateway.keys.payload(bad.job))
  expect(term).toBeGreaterThan(71 * 3_600_000)
  expect(term).toBeLessThanOrEqual(72 * 3_600_000)
})

test('a sealed payload moved to another job fails that job and sends nothing', async () => {
  await using both = await open()
  const { emr, gateway } = both
  await gateway.stopWorkers()
  const first = await gateway.submit()
  const second = await gateway.submit({ ...loadSample(), PatientId: 'another patient' })
  const { payload } = gateway.keys
  await gateway.redis.copy(payload(first.job), payload(second.job), 'REPLACE')
  await gateway.startWorker()
  expect(await gateway.ended(second.job)).toMatchObject({ status: 'Failed', statusCode: 500 })
  expect((await gateway.ended(first.job)).status).toBe('Succeeded')
  expect(emr.encounters().map((e) => e.correlationKey)).toEqual([first.job])
})

test('if the EMR stores no key, the same encounter is never reported to two jobs', async () => {
  await using both = await open()
  const { gateway } = both
  await gateway.stopWorkers()
  const [first, second] = [await gateway.submit(), await gateway.submit()]
  const created: Ending = {
    ...cancelled,
    status: 'Succeeded',
    statusCode: 201,
    result: { EncounterId: 'E-1', AlternativeIdentifiers: [] },
    claims: true,
  }
  expect(await gateway.end(first.job, created)).toBe('recorded')
  expect(await gateway.end(second.job, created)).toBe('claimed')
  expect((await gateway.view(second.job)).Status).toBe('Queued')
})

test('a refusal does not resolve a doubt left by an earlier attempt', async () => {
  await using both = await open({ onUnknownOutcome: 'resend', backoffMs: 500 })
  const { emr, gateway } = both
  emr.misbehave({ how: 'drop after commit', times: 1 })
  const { job } = await gateway.submit()
  await gateway.until(async () => emr.encounters().length === 1)
  emr.misbehave({ how: { answer: 400 } })
  expect(await gateway.ended(job)).toMatchObject({ status: 'OutcomeUnknown', statusCode: 408, attempts: 2 })
  expect(emr.encounters()).toHaveLength(1)
})

test('with policy stop, a Retry sends again, and a definite failure stays one', async () => {
  await using both = await open({ onUnknownOutcome: 'stop' })
  const { emr, gateway } = both
  emr.misbehave({ how: { answer: 401 }, times: 1 })
  const refused = await gateway.submit()
  expect(await gateway.ended(refused.job)).toMatchObject({ status: 'Failed', statusCode: 401 })
  await gateway.retry(refused.job)
  expect(await gateway.ended(refused.job)).toMatchObject({ status: 'Succeeded', round: 2, attempts: 1 })
  emr.misbehave({ how: 'drop before commit', times: 1 })
  const doubtful = await gateway.submit()
  expect(await gateway.ended(doubtful.job)).toMatchObject({ status: 'OutcomeUnknown' })
  await gateway.retry(doubtful.job)
  expect(await gateway.ended(doubtful.job)).toMatchObject({ status: 'Succeeded', round: 2, attempts: 1 })
  expect(emr.encounters()).toHaveLength(2)
})

test('a job whose deadline passes while its outcome is in doubt still ends', async () => {
  await using both = await open({ deadlineHours: 2 / 3_600, timeoutMs: 300, settleMs: 2_500 })
  const { emr, gateway } = both
  emr.misbehave({ how: 'hang before commit', times: 1 })
  const { job } = await gateway.submit()
  expect(await gateway.ended(job)).toMatchObject({ status: 'Expired' })
  expect(emr.encounters()).toEqual([])
})

test('a job that BullMQ has lost ends all the same once its deadline has passed', async () => {
  await using both = await open({ deadlineHours: 1 / 3_600 })
  const { gateway } = both
  await gateway.stopWorkers()
  const [untouched, called] = [await gateway.submit(), await gateway.submit()]
  await gateway.records.jobs.begin(called.job)
  await gateway.queue.obliterate({ force: true })
  await gateway.startWorker()
  expect(await gateway.ended(untouched.job)).toMatchObject({ status: 'Expired', application: 'demo' })
  // the EMR was asked first, and had nothing
  expect(await gateway.ended(called.job)).toMatchObject({ status: 'Expired', application: 'demo' })
})

test('a forgotten job is not shown as waiting, although BullMQ still has it', async () => {
  await using both = await open()
  const { gateway } = both
  const { job } = await gateway.submit()
  await gateway.ended(job)
  await gateway.redis.del(gateway.keys.outcome(job))
  expect(await gateway.queue.getJob(job)).toBeDefined()
  await expect(gateway.view(job)).rejects.toThrow('there is no such job')
})

test('jobs are parked while their EMR requests a pause, and a shorter request does not end a longer one', async () => {
  await using both = await open({ concurrency: 2 })
  const { emr, gateway } = both
  emr.misbehave({ how: { answer: 429 }, times: 2 })
  await gateway.queue.rateLimit(3_000)
  const started = performance.now()
  const jobs = [await gateway.submit(), await gateway.submit(), await gateway.submit()]
  const ended = Promise.all(jobs.map(({ job }) => gateway.ended(job)))
  await gateway.until(async () => emr.load().arrivals.length > 0)
  expect(performance.now() - started).toBeGreaterThan(2_500)
  const waiting = jobs[2]?.job ?? ''
  expect(await gateway.until(async () => (await gateway.view(waiting)).Status === 'Parked')).toBe(true)
  expect((await gateway.view(waiting)).ParkedReason).toContain('asked for a pause')
  expect((await ended).map((outcome) => outcome.status)).toEqual(['Succeeded', 'Succeeded', 'Succeeded'])
})

test('an EMR that drops the connection and commits as late as it may has one encounter', async () => {
  await using both = await open({ timeoutMs: 1_000, settleMs: 300 })
  const { emr, gateway } = both
  emr.misbehave({ how: { dropAndCommitAfterMs: 1_100 }, times: 1 })
  const { job } = await gateway.submit()
  const done = await gateway.ended(job)
  expect(done).toMatchObject({ status: 'Succeeded', attempts: 1, recovered: true })
  expect(emr.encounters().map((e) => e.encounterId)).toEqual([done.result.EncounterId])
})
