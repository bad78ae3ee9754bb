import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { connectRedis, untilReady } from '../redis/connect.ts'
import { sealingKey, type SealingKeys } from '../sealing/seal.ts'
import { openAcceptNamed } from './accept.ts'
import type { KeyedBatchRef } from './batches.ts'
import { openConnectionRecords } from './connection-records.ts'
import { openContext } from './context.ts'
import { itemRecords, type BatchRef, type PlainItem } from './item-records.ts'
import { openJobs } from './jobs.ts'
import { FINISHED_CHANNEL } from './keys.ts'
import type { Ending, Guard } from './outcome.ts'
import { openOutbox } from './outbox.ts'
import type { RoutedJob, Routing } from './routing.ts'

export const HOUR = 3_600_000

/**
 * The durations of the store under test. Each differs from every sum of the others, so that a TTL identifies its
 * source.
 */
export const terms = { deadline: HOUR, payload: 25 * HOUR, result: 3 * HOUR, failedPayload: 7 * HOUR }

/** Matches a time or TTL of `ms`, within five seconds for a busy machine. */
export const near = (ms: number): number => expect.closeTo(ms, -4) as number
/** Matches the time `ms` from now. */
export const inMs = (ms: number): number => near(Date.now() + ms)
export const now = (): number => inMs(0)

/** The store of one connection with a unique name, on the tests' Redis. */
export type Store = Awaited<ReturnType<typeof openStore>>

/**
 * Opens a store. `like`: the connection name of another store, to open the same records a second time. `announced`: the
 * applications to which ends are announced. No turns are given, unless a test asks `records` to.
 */
export async function openStore(
  about: {
    like?: string
    keyIds?: readonly [string, ...string[]]
    announced?: readonly string[]
    requestsPerSecond?: number
  } = {},
) {
  const url = process.env['REDIS_URL']
  if (!url) throw new Error('REDIS_URL is not set: run tests with npm test')
  const redis = connectRedis(url, 'producer')
  await untilReady(redis)
  const emrInstance = about.like ?? `s${randomBytes(8).toString('hex')}`
  const connection = {
    emrSystem: 'Sandbox',
    emrInstance,
    deadlineHours: 1,
    maxAttempts: 5,
    timeoutMs: 10_000,
    concurrency: 5,
    ...(about.requestsPerSecond && { requestsPerSecond: about.requestsPerSecond }),
  } as const
  const retention = { resultHours: 3, failedPayloadHours: 7 }
  const sealingKeys = (about.keyIds ?? ['k1']).map((id) =>
    sealingKey(id, createHash('sha256').update(`${emrInstance} ${id}`).digest()),
  ) as SealingKeys
  const applications = ['demo', 'other'].map((name) => ({
    name,
    share: 1,
  }))
  const settings = { connection, sealingKeys, retention, applications, announce: about.announced ?? [] }
  const context = openContext(redis, settings)
  const records = openConnectionRecords(redis, settings)
  const { batches, queue } = records
  const jobs = openJobs(context, queue, () => undefined)
  const acceptNamed = openAcceptNamed(context)
  const { keys } = context
  const { base } = keys

  /** The content of every key of the connection, including BullMQ's, by its name without the base. */
  async function everything(): Promise<Record<string, unknown>> {
    const names = (await redis.keys(`${base}:*`)).filter((name) => !isCounted(name)).sort()
    const values = await Promise.all(names.map((name) => contentOf(name)))
    return Object.fromEntries(names.map((name, at) => [name.slice(base.length + 1), values[at]]))
  }

  async function contentOf(name: string): Promise<unknown> {
    switch (await redis.type(name)) {
      case 'hash':
        return numbered(await redis.hgetall(name))
      case 'zset':
        return numbered(Object.fromEntries(pairsOf(await redis.zrange(name, '0', '-1', 'WITHSCORES'))))
      case 'list':
        return redis.lrange(name, 0, -1)
      case 'stream':
        return (await redis.xrange(name, '-', '+')).map(([, fields]) => Object.fromEntries(pairsOf(fields)))
      default:
        return (await redis.getBuffer(name))?.toString('latin1')
    }
  }

  return {
    redis,
    emrInstance,
    context,
    records,
    jobs,
    batches,
    queue,
    keys,
    acceptNamed,
    everything,
    sealingKeys,
    /** As `everything`, without BullMQ's keys. */
    async state(): Promise<Record<string, unknown>> {
      const all = Object.entries(await everything())
      return Object.fromEntries(all.filter(([name]) => !isBullMq(name)))
    },
    /** The events in the connection's outbox, oldest first. */
    async events() {
      return (await openOutbox(redis, connection).read(undefined, 1_000)).map(({ event }) => event)
    },
    /** The TTL of each of our records, in ms; -1 without one. */
    async ttls(): Promise<Record<string, number>> {
      const names = (await redis.keys(`${base}:*`))
        .filter((name) => !isBullMq(name.slice(base.length + 1)) && !isCounted(name))
        .sort()
      const ttls = await Promise.all(names.map((name) => redis.pttl(name)))
      return Object.fromEntries(names.map((name, at) => [name.slice(base.length + 1), ttls[at] ?? 0]))
    },
    /** Accepts a job without an Idempotency-Key. */
    async add(jobId: string, application = 'demo') {
      return acceptNamed({ jobId, application, plain: Buffer.from(`request of ${jobId}`), idempotency: [] })
    },
    /** Accepts a batch with an item for each letter: `q` valid, `r` rejected. */
    async addBatch(
      letters: string,
      application = 'demo',
      first = 0,
      batch: KeyedBatchRef = batches.newBatch(application),
    ) {
      const made = items(batch, first, letters)
      const accepted = await batches.accept(batch, first, made)
      return { batch, accepted, jobs: made.map(({ jobId }) => jobId) }
    },
    items,
    /** Ends a job; by default as `outcomeOf` does. */
    end: (jobId: string, { routing, createdAt, ...ending } = outcomeOf(), onlyIf?: Guard) =>
      jobs.end({ jobId, routing, createdAt }, ending, onlyIf),
    retry: (jobId: string, routing: Routing = { application: 'demo' }) =>
      jobs.retry({ jobId, routing, createdAt: 1_000 }),
    /**
     * Listens for the ends of these jobs and batches; `told` resolves with their ids in the order received, once all
     * have ended.
     */
    async listenFor(...ids: readonly string[]) {
      const subscriber = connectRedis(url, 'consumer')
      const told: string[] = []
      const all = Promise.withResolvers<string[]>()
      subscriber.on('message', (_channel: string, id: string) => {
        if (ids.includes(id)) told.push(id)
        if (told.length === ids.length) all.resolve(told)
      })
      await subscriber.subscribe(FINISHED_CHANNEL)
      return { told: all.promise, [Symbol.dispose]: () => subscriber.disconnect() }
    },
    async [Symbol.asyncDispose]() {
      const names = await redis.keys(`${base}:*`)
      if (names.length > 0) await redis.unlink(...names)
      await records.close()
      redis.disconnect()
    },
  }

  function items(batch: BatchRef, first: number, letters: string, line = 'line') {
    const plain = Array.from(letters, (letter, at): PlainItem => {
      const bytes = Buffer.from(`${line} ${first + at}`)
      return { state: letter as 'q' | 'r', bytes, plain: bytes }
    })
    return itemRecords({ connection, sealingKeys }, batch, first, plain)
  }
}

/** An outcome to write; by default `Failed` with 400. */
export function outcomeOf(about: Partial<OutcomeToWrite> = {}): OutcomeToWrite {
  return { status: 'Failed', statusCode: 400, result: {}, routing: { application: 'demo' }, createdAt: 1_000, ...about }
}
type OutcomeToWrite = Ending & Omit<RoutedJob, 'jobId'>

function pairsOf(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, at) => [flat[at * 2] ?? '', flat[at * 2 + 1] ?? ''])
}

/** Converts texts that are times to numbers, which `near` can compare. */
function numbered(fields: Record<string, string>): Record<string, string | number> {
  const isTime = (value: string) => Number(value) > 1e12
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isTime(value) ? Number(value) : value]),
  )
}

/**
 * Whether a key is BullMQ's: `wait`, `meta` ..., or a job's hash, named by its JobId. Ours are those below, or contain
 * a colon.
 */
/** Figures are written within a second, at any time, and moves are counted with each call. */
const isCounted = (name: string) => name.includes(':minutes:') || name.endsWith(':moves')

function isBullMq(name: string): boolean {
  return !name.includes(':') && !ourKeys.has(name)
}

const ourKeys = new Set([
  'pending',
  'depth',
  'recount',
  'events-out',
  'turns',
  'fair',
  'turning',
  'receiving',
  'cancelling',
  'reopened',
  'breaker',
  'hold',
  'control',
  'pace',
  'ended-indexed',
])
