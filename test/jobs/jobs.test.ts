import type { Problem } from '@encounter-gateway/shared/contract/problem.ts'
import { describe, expect, test, vi } from 'vitest'
import { cancelled, expired, created, failed, openIngress, unknown, type Ingress } from '../fixtures/ingress.ts'

const path = (jobId: string) => `/api/v1/Jobs/${jobId}`
const slugOf = (reply: { json(): unknown }) =>
  (reply.json() as Problem).type.replace('urn:encounter-gateway:problem:', '')

/** What a worker records of a call to the EMR that is under way. */
const begin = ({ connection }: Ingress, jobId: string) => connection.records.jobs.begin(jobId)

describe('GET a job', () => {
  test('reports each state', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    const status = async () => (await gateway.get(path(jobId))).json<{ Status: string; Attempts: number }>()
    expect(await status()).toMatchObject({ Status: 'Queued', Attempts: 0 })
    await begin(gateway, jobId)
    expect(await status()).toMatchObject({ Status: 'Running', Attempts: 1 })
    await gateway.connection.records.jobs.settle(jobId, {
      round: 1,
      attempt: 1,
      state: 'rejected',
      nextInMs: 60_000,
      statusCode: 502,
    })
    const retrying = await gateway.get(path(jobId))
    expect(retrying.json()).toMatchObject({ Status: 'Retrying', NextAttemptAt: expect.any(String) })
    expect(Number(retrying.headers['retry-after'])).toBeGreaterThan(50)
    await gateway.finish(jobId, unknown)
    expect(await status()).toMatchObject({ Status: 'OutcomeUnknown', StatusCode: 408, Problem: unknown.result.Problem })
  })

  test('waits for the end if requested', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    const waiting = gateway.get(path(jobId), { Prefer: 'wait=60' })
    await gateway.finish(jobId, created)
    const reply = await waiting
    expect(reply.json()).toMatchObject({ Status: 'Succeeded', EncounterId: '4711' })
    expect([reply.statusCode, reply.headers['retry-after']]).toEqual([200, undefined])
  })

  test('is a 304 while nothing has changed, and a 200 once it has', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    const etag = String((await gateway.get(path(jobId))).headers['etag'])
    expect(etag).toMatch(/^"[\w-]+"$/)
    const seen = { 'If-None-Match': `"other", W/${etag}` }
    const unchanged = await gateway.get(path(jobId), seen)
    expect([unchanged.statusCode, unchanged.body, unchanged.headers['etag']]).toEqual([304, '', etag])
    await begin(gateway, jobId)
    expect((await gateway.get(path(jobId), seen)).statusCode).toBe(200)
  })

  test('is the same 404 for another application’s job, one that never existed and an invalid JobId', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    const never = `${jobId.slice(0, 4)}${'0'.repeat(16)}`
    const paths = [path(never), path('zzzz0000000000000000'), path('a%0d%0aX:y'), path('1'), path(jobId.toUpperCase())]
    const replies = await Promise.all([
      gateway.get(path(jobId), gateway.asOther),
      ...paths.map((each) => gateway.get(each)),
    ])
    for (const reply of replies) {
      expect(reply.statusCode).toBe(404)
      expect(reply.json<Problem>().detail).toBe('Your application has no job with this JobId.')
    }
  })
})

describe('GET the result of a job', () => {
  test('is 202 with the job while it runs', async () => {
    await using gateway = await openIngress()
    const reply = await gateway.get(`${path(await gateway.accept())}/Result`)
    expect([reply.statusCode, reply.headers['retry-after'], reply.json<{ Status: string }>().Status]).toEqual([
      202,
      '2',
      'Queued',
    ])
  })

  test.each([created, failed, unknown])('replays $status with $statusCode', async (ending) => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    await gateway.finish(jobId, ending)
    const reply = await gateway.get(`${path(jobId)}/Result`)
    const { Problem, ...encounter } = ending.result
    expect(reply.statusCode).toBe(ending.statusCode)
    expect(reply.json()).toEqual(Problem ? { ...Problem, instance: path(jobId) } : encounter)
  })

  test('is 410 once it is no longer kept, for its application alone', async () => {
    await using gateway = await openIngress({ retention: { resultHours: 0.000_01 } })
    const jobId = await gateway.accept()
    const { keys } = gateway
    const { queue } = gateway.connection.records
    await gateway.finish(jobId, created)
    await queue.remove(jobId)
    while (await gateway.redis.exists(keys.outcome(jobId)));
    const mine = await gateway.get(`${path(jobId)}/Result`)
    const theirs = await gateway.get(`${path(jobId)}/Result`, gateway.asOther)
    expect([mine.statusCode, slugOf(mine), theirs.statusCode]).toEqual([410, 'gone', 404])
    expect((await gateway.get(path(jobId))).statusCode).toBe(404)
  })
})

describe('DELETE a job', () => {
  test('accepts a Content-Type without a body, which many clients send', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    const json = { 'Content-Type': 'application/json', 'Content-Length': '0' }
    expect((await gateway.send('DELETE', path(jobId), json)).statusCode).toBe(204)
    expect((await gateway.send('POST', `${path(jobId)}/Retry`, json)).statusCode).toBe(202)
  })

  test('cancels a job that was never sent to the EMR, and keeps its request as long as that of a failed job', async () => {
    await using gateway = await openIngress({ retention: { failedPayloadHours: 1 } })
    const jobId = await gateway.accept()
    expect((await gateway.send('DELETE', path(jobId))).statusCode).toBe(204)
    expect((await gateway.send('DELETE', path(jobId))).statusCode).toBe(204)
    expect((await gateway.get(path(jobId))).json()).toMatchObject({ Status: 'Cancelled', StatusCode: 409 })
    const result = await gateway.get(`${path(jobId)}/Result`)
    expect([result.statusCode, slugOf(result)]).toEqual([409, 'cancelled'])
    expect(await begin(gateway, jobId)).toEqual({ kind: 'finished' })
    const leftMs = await gateway.redis.pttl(gateway.keys.payload(jobId))
    expect(leftMs).toBeGreaterThan(0)
    expect(leftMs).toBeLessThanOrEqual(3_600_000)
    expect(await gateway.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: 0 })
  })

  test('is refused once the EMR may have it, and once it has ended', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    await begin(gateway, jobId)
    const running = await gateway.send('DELETE', path(jobId))
    expect([running.statusCode, slugOf(running)]).toEqual([409, 'conflict'])
    await gateway.finish(jobId, created)
    const ended = await gateway.send('DELETE', path(jobId))
    expect([ended.statusCode, slugOf(ended)]).toEqual([409, 'conflict'])
    expect((await gateway.get(path(jobId))).json()).toMatchObject({ Status: 'Succeeded' })
  })

  test('is a 404 for another application', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    expect((await gateway.send('DELETE', path(jobId), gateway.asOther)).statusCode).toBe(404)
    expect((await gateway.get(path(jobId))).json()).toMatchObject({ Status: 'Queued' })
  })
})

describe('retrying a job', () => {
  test.each([failed, unknown, cancelled, expired])(
    'that is $status opens a new round, whether BullMQ still knows it or not',
    async (ending) => {
      await using gateway = await openIngress()
      const { queue } = gateway.connection.records
      const [known, forgotten] = [await gateway.accept(), await gateway.accept()]
      if (ending === expired) await gateway.redis.zadd(gateway.keys.pending, 1, known, 1, forgotten)
      for (const jobId of [known, forgotten]) await gateway.finish(jobId, ending)
      const { CreatedAt } = (await gateway.get(path(forgotten))).json<{ CreatedAt: string }>()
      await gateway.redis
        .multi()
        .lrem(queue.toKey('wait'), 0, known)
        .zadd(queue.toKey('failed'), Date.now(), known)
        .exec()
      await queue.remove(forgotten)
      for (const jobId of [known, forgotten]) {
        const reply = await gateway.send('POST', `${path(jobId)}/Retry`)
        expect([reply.statusCode, reply.headers['location']]).toEqual([202, path(jobId)])
        expect(reply.json()).toMatchObject({ JobId: jobId, Attempts: 0 })
        expect(await queue.getJobState(jobId)).toBe('waiting')
      }
      expect((await queue.getJob(forgotten))?.data).toEqual({ application: gateway.names.demo })
      expect((await gateway.get(path(forgotten))).json()).toMatchObject({ CreatedAt })
    },
  )

  test('that has expired gives it a new deadline, and a sweep that saw it overdue before does not end it', async () => {
    await using gateway = await openIngress()
    const { keys } = gateway
    const jobId = await gateway.accept()
    await gateway.redis.zadd(keys.pending, 1, jobId)
    await gateway.finish(jobId, expired)
    const before = Date.now()
    expect((await gateway.send('POST', `${path(jobId)}/Retry`)).statusCode).toBe(202)
    expect(Number(await gateway.redis.zscore(keys.pending, jobId))).toBeGreaterThan(before + 23 * 3_600_000)
    expect(await gateway.finish(jobId, expired)).toBe('superseded')
    expect((await gateway.get(path(jobId))).json()).toMatchObject({ Status: 'Queued', Attempts: 0 })
  })

  test('that has not ended, or has succeeded, is a 409', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    const running = await gateway.send('POST', `${path(jobId)}/Retry`)
    await gateway.finish(jobId, created)
    const succeeded = await gateway.send('POST', `${path(jobId)}/Retry`)
    expect([running.statusCode, succeeded.statusCode]).toEqual([409, 409])
    expect(succeeded.json<Problem>().detail).toContain('has succeeded')
  })

  test('whose request has been erased is a 410, and another’s a 404', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    await gateway.finish(jobId, failed)
    expect((await gateway.send('POST', `${path(jobId)}/Retry`, gateway.asOther)).statusCode).toBe(404)
    await gateway.redis.unlink(gateway.keys.payload(jobId))
    const reply = await gateway.send('POST', `${path(jobId)}/Retry`)
    expect([reply.statusCode, slugOf(reply)]).toEqual([410, 'gone'])
  })

  test('that the sweep queues again at the same moment is a 202', async () => {
    await using gateway = await openIngress()
    const { queue } = gateway.connection.records
    const jobId = await gateway.accept()
    await gateway.finish(jobId, failed)
    await gateway.redis.multi().lrem(queue.toKey('wait'), 0, jobId).zadd(queue.toKey('failed'), 1, jobId).exec()
    const getJob = queue.getJob.bind(queue)
    vi.spyOn(queue, 'getJob').mockImplementation(async (id) => {
      const found = await getJob(id)
      if (!found) return found
      const retry = found.retry.bind(found)
      return Object.assign(found, {
        async retry(...about: Parameters<typeof retry>) {
          await (await getJob(id))?.retry(...about)
          return retry(...about)
        },
      })
    })
    expect((await gateway.send('POST', `${path(jobId)}/Retry`)).statusCode).toBe(202)
    expect(await queue.getJobState(jobId)).toBe('waiting')
  })
})
