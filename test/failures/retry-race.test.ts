import { describe, test } from 'vitest'
import { asDemo } from '../fixtures/processes.ts'
import { openFleet, type FleetProcess } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { stoppingAt } from './preload.ts'
import { PATIENCE } from '../fixtures/pace.ts'

async function retry(api: FleetProcess, job: string): Promise<number> {
  return (await fetch(`${api.url}/api/v1/Jobs/${job}/Retry`, { method: 'POST', headers: asDemo })).status
}

describe.concurrent('a Retry', () => {
  test('racing with nine others on two apis: one is accepted, and the encounter is created once', async ({
    expect,
  }) => {
    await using emr = await openGatedEmr()
    await using fleet = await openFleet({ emrs: [{ emr }] })
    const { submit, view } = fleet.connection()
    const [one, other] = await Promise.all([fleet.startApi(), fleet.startApi(), fleet.startWorker()])
    emr.refuse(400)
    const job = await submit()
    await expect.poll(() => view(job), PATIENCE).toMatchObject({ Status: 'Failed', StatusCode: 400 })
    emr.hold('before commit')
    const replies = await Promise.all(Array.from({ length: 10 }, (_, n) => retry(n % 2 ? one : other, job)))
    expect(replies.filter((status) => status === 202)).toHaveLength(1)
    expect(replies.filter((status) => status === 409)).toHaveLength(9)
    emr.release()
    await expect.poll(() => view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
    expect(emr.made).toEqual([job])
    expect(emr.arrivals).toHaveLength(2)
  })

  test('while a worker marks the ended job as failed is found there and run', async ({ expect }) => {
    await using emr = await openGatedEmr()
    await using fleet = await openFleet({ emrs: [{ emr }] })
    const { records, queue, submit, view } = fleet.connection()
    const job = await submit()
    // what a sweep does with a job that nobody could take in time
    const routed = { jobId: job, routing: { application: 'demo' }, createdAt: Date.now() }
    const ending = { status: 'OutcomeUnknown', statusCode: 408, result: {} } as const
    expect(await records.jobs.end(routed, ending)).toBe('recorded')
    const api = await fleet.startApi()
    // it has just learned that the job has ended, and BullMQ still has the job as active
    const late = await fleet.startWorker(stoppingAt('after begin', 'SIGSTOP'), false)
    await expect.poll(() => queue.getJobCountByTypes('active'), PATIENCE).toBe(1)
    expect(await retry(api, job)).toBe(202)
    const goOn = () => {
      // again each time: the job is active a moment before the worker stops itself
      late.child.kill('SIGCONT')
      return view(job)
    }
    await expect.poll(goOn, PATIENCE).toMatchObject({ Status: 'Succeeded' })
    expect(emr.made).toEqual([job])
  })

  test('whose api dies before it has queued the job is run, however many others have failed since, also if BullMQ has forgotten it', async ({
    expect,
  }) => {
    await using emr = await openGatedEmr()
    await using fleet = await openFleet({ emrs: [{ emr }] })
    const { keys, queue, reopen, submit, view } = fleet.connection()
    emr.refuse(400, 400, 400)
    const jobs = await Promise.all([submit('put away'), submit('set aside'), submit('forgotten')])
    await fleet.startWorker()
    for (const job of jobs) await expect.poll(() => view(job), PATIENCE).toMatchObject({ Status: 'Failed' })
    const [putAway, setAside, forgotten] = jobs
    // a Retry begins with this script; the api dies before its first command to BullMQ
    await fleet.redis.hset(keys.queued(setAside), 'failedReason', 'job stalled more than allowable limit')
    const later = Array.from({ length: 3_000 }, (_, n) => [Date.now() + n, `later-${n}`])
    await fleet.redis.zadd(keys.failed, ...later.flat())
    await queue.remove(forgotten)
    for (const job of jobs) expect(await reopen(job)).toBe('reopened')
    for (const job of jobs) await expect.poll(() => view(job), PATIENCE).toMatchObject({ Status: 'Succeeded' })
    expect(emr.made.toSorted()).toEqual([putAway, setAside, forgotten].toSorted())
    await expect.poll(() => fleet.redis.zcard(keys.reopened), PATIENCE).toBe(0)
  })
})
