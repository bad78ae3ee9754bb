import { openConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import { scripts } from '@encounter-gateway/shared/records/scripts.ts'
import type { Routing } from '@encounter-gateway/shared/records/routing.ts'
import { itemRecords } from '@encounter-gateway/shared/records/item-records.ts'
import { sealingKey, type SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import { Worker, type Job } from 'bullmq'
import { randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { connectBoth, sharedRedisUrl } from '../fixtures/redis-server.ts'
import { paced } from '../fixtures/pace.ts'

const CONCURRENCY = 5
const usualKeys: SealingKeys = [sealingKey('k1', randomBytes(32))]
const retention = { resultHours: 1, failedPayloadHours: 1 }

/** A connection whose EMR creates one encounter after the other; only the order of service counts here. */
async function openLine(shares: Record<string, number>, concurrency = CONCURRENCY) {
  const emrInstance = `t${randomBytes(8).toString('hex')}`
  const connection = {
    emrSystem: 'Sandbox',
    emrInstance,
    deadlineHours: 1,
    maxAttempts: 5,
    timeoutMs: 10_000,
    concurrency,
  } as const
  const { redis, subscriber, [Symbol.dispose]: disconnect } = await connectBoth(sharedRedisUrl())
  const applications = Object.entries(shares).map(([name, share]) => ({ name, share }))
  const faults: unknown[] = []
  const openWith = (sealingKeys: SealingKeys) => {
    const turnsFailed = (error: unknown) => faults.push(error)
    return openConnectionRecords(redis, { connection, sealingKeys, retention, applications, turnsFailed })
  }
  let { turns } = openWith(usualKeys)
  const { queue } = openWith(usualKeys)
  const worker = new Worker<Routing>(queue.name, undefined, { connection: subscriber, prefix: 'eg' })
  await worker.waitUntilReady()
  const served: string[] = []
  return {
    redis,
    queue,
    served,
    faults,
    /** Gives the turns to a process that has these sealing keys. */
    async restartWith(sealingKeys: SealingKeys): Promise<void> {
      await turns.close()
      turns = openWith(sealingKeys).turns
    },
    async arrive(application: string, count: number, sealingKeys = usualKeys): Promise<void> {
      const { batches } = openWith(sealingKeys)
      const batch = batches.newBatch(application)
      for (let first = 0; first < count; first += 100) {
        const items = Array.from({ length: Math.min(100, count - first) }, (_, at) => {
          const bytes = Buffer.from(`${first + at}`)
          return { state: 'q', bytes, plain: bytes } as const
        })
        await batches.accept(batch, first, itemRecords({ connection, sealingKeys }, batch, first, items))
      }
      turns.poke()
    },
    /** Serves this many jobs, one after the other. */
    async serve(count: number): Promise<void> {
      for (let done = 0; done < count;) {
        const job = (await worker.getNextJob('t', { block: false })) as Job<Routing> | undefined
        if (!job) {
          turns.poke()
          await new Promise((resolve) => setImmediate(resolve))
          continue
        }
        served.push(job.data.application)
        await job.moveToCompleted(undefined, 't', false)
        turns.hasRoom()
        done++
      }
    },
    async [Symbol.asyncDispose]() {
      await turns.close()
      await worker.close()
      await queue.obliterate({ force: true })
      await queue.close()
      disconnect()
    },
  }
}

const share = (served: string[], application: string) => served.filter((each) => each === application).length

test('an application with 100 items is done in about twice the time, although another had 1,500 before it', async () => {
  await using line = await openLine({ large: 1, small: 1 })
  await line.arrive('large', 1_500)
  await line.serve(200)
  await line.arrive('small', 100)
  await line.serve(250)
  const since = line.served.slice(200)
  // the jobs already in BullMQ's queue, twice the concurrency, come first
  expect(since.lastIndexOf('small')).toBeLessThan(200 + 4 * CONCURRENCY)
  expect(share(since, 'small')).toBe(100)
  expect(line.faults).toEqual([])
})

test('applications that wait at the same time are served in proportion to their shares', async () => {
  await using line = await openLine({ one: 1, three: 3, half: 0.5 })
  await line.arrive('one', 600)
  await line.arrive('three', 600)
  await line.arrive('half', 600)
  await line.serve(20)
  await line.serve(450)
  const counted = line.served.slice(20)
  expect(share(counted, 'three') / 450).toBeCloseTo(3 / 4.5, 1)
  expect(share(counted, 'one') / 450).toBeCloseTo(1 / 4.5, 1)
  expect(share(counted, 'half') / 450).toBeCloseTo(0.5 / 4.5, 1)
})

test('an application that was away has no credit for it, and many small batches are served like one large one', async () => {
  await using line = await openLine({ early: 1, late: 1 })
  await line.arrive('early', 900)
  await line.serve(300)
  for (let each = 0; each < 60; each++) await line.arrive('late', 2)
  await line.serve(300)
  const since = line.served.slice(300)
  expect(share(since, 'late')).toBe(120)
  const firstHundred = since.slice(2 * CONCURRENCY, 2 * CONCURRENCY + 100)
  expect(share(firstHundred, 'late')).toBeGreaterThanOrEqual(40)
  expect(share(firstHundred, 'late')).toBeLessThanOrEqual(60)
})

test('a batch whose sealing key is missing stops no other, and gets its fair share, no more, when the key is back', async () => {
  await using line = await openLine({ waits: 1, other: 1 })
  const formerKeys: SealingKeys = [sealingKey('k0', randomBytes(32))]
  await line.arrive('waits', 60, formerKeys)
  await line.arrive('waits', 40)
  await line.arrive('other', 100)
  await line.serve(140)
  expect([share(line.served, 'waits'), share(line.served, 'other')]).toEqual([40, 100])
  expect(line.faults.map(String)).toEqual([expect.stringContaining("sealing key 'k0' is not configured")])
  await line.restartWith([...usualKeys, ...formerKeys])
  await line.arrive('other', 100)
  await line.serve(160)
  const since = line.served.slice(140)
  expect(share(since, 'waits')).toBe(60)
  const together = since.slice(2 * CONCURRENCY, 2 * CONCURRENCY + 80)
  expect(share(together, 'waits')).toBeGreaterThanOrEqual(35)
  expect(share(together, 'waits')).toBeLessThanOrEqual(45)
  expect(line.faults).toHaveLength(1)
})

test('at most 200 jobs go into one transaction, and one poke fills a larger window', async () => {
  await using line = await openLine({ one: 1 }, 300)
  const commands = line.redis as unknown as Record<string, (...argv: unknown[]) => Promise<[string, ...unknown[]]>>
  const picking = vi.spyOn(commands, scripts.turns.command)
  await line.arrive('one', 700)
  await expect.poll(() => line.queue.getJobCountByTypes('prioritized'), { timeout: paced(10_000) }).toBe(600)
  const replies = await Promise.all(picking.mock.results.map(({ value }) => value as Promise<[string, ...unknown[]]>))
  const picked = replies.flatMap(([kind, , , , batches]) =>
    // the number and the print of each item
    kind === 'turns' ? [((batches as unknown[])[4] as unknown[]).length / 2] : [],
  )
  expect(picked).toEqual([200, 200, 200])
  expect(line.faults).toEqual([])
})
