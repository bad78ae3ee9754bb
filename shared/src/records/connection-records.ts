import type { WorkerOptions } from 'bullmq'
import type { RedisClient } from '../redis/connect.ts'
import { openBatches, type Batches } from './batches.ts'
import { openBreakerRecord, type BreakerRecord } from './breaker.ts'
import { openContext, redisTime, type RecordsAbout } from './context.ts'
import { holdConnection, openControl, releaseConnection, type ControlRecord } from './control.ts'
import { openJobs, type Jobs } from './jobs.ts'
import { openLogins, type Logins } from './logins.ts'
import { underLease, type GoOn, type Lease } from './lease.ts'
import {
  openEncounterQueue,
  openEncounterWorker,
  type EncounterProcessor,
  type EncounterQueue,
  type EncounterWorker,
} from './queue.ts'
import { readOverview, type Overview } from './overview.ts'
import { readMinutes, type Minute, type Tally } from './tally.ts'
import { openTurns, type Turns } from './turns.ts'

/**
 * Everything that is kept of one connection: the only way to it. No other file of the gateway sends a command about jobs
 * or batches to Redis, or knows a name of a key (docs/adr/0016).
 */
export type ConnectionRecords = {
  jobs: Jobs
  batches: Batches
  /** Gives batch items their turns. */
  turns: Turns
  /** The breaker's state for the whole fleet. */
  breaker: BreakerRecord
  /** The logins that the EMR refuses. */
  logins: Logins
  /** What operators have ordered. */
  control: ControlRecord
  /** Counts what happens on the connection. Accepted and ended jobs are counted here, calls by whoever makes them. */
  tally: Tally
  /** The figures of the last `count` minutes, at most 2,880, oldest first; the last one is still being counted. */
  minutes(count: number): Promise<Minute[]>
  /** What operators see of the connection at one moment, in one round trip of several commands. */
  overview(): Promise<Overview>
  /** Holds the calls of the fleet for a while, as if the EMR had asked for it. Never shortens a hold. Two commands. */
  holdCalls(forMs: number): Promise<void>
  /** Ends every hold. A breaker that is open lets one job through, and closes if the EMR answers. Several commands. */
  releaseCalls(): Promise<void>
  /** BullMQ's queue of the connection: what it carries, and its limits for the fleet. It holds only routing. */
  queue: EncounterQueue
  /** Starts to take jobs from the queue; the caller closes the worker. `redis` must be of the consumer role. */
  openWorker(processor: EncounterProcessor, options: Omit<WorkerOptions, 'connection' | 'prefix'>): EncounterWorker
  /** The clock of the records: whole seconds, as ms since the epoch. */
  time(): Promise<number>
  /**
   * Takes a lease of the connection if it is free, and works until the work is done, `stopping` returns true, or the
   * lease is lost. Resolves at once if another process holds it.
   */
  underLease(lease: Lease, stopping: () => boolean, work: (goOn: GoOn) => Promise<void>): Promise<void>
  /** Finishes the transaction under way, writes what was counted, and closes the queue; not the connection to Redis. */
  close(): Promise<void>
}

/** Opens the records of a connection on a connection to Redis, which the caller owns. Sends nothing by itself. */
export function openConnectionRecords(redis: RedisClient, about: RecordsAbout): ConnectionRecords {
  const context = openContext(redis, about)
  const { connection, retention } = about
  const queue = openEncounterQueue(redis, connection)
  // BullMQ repeats errors that the shared connection to Redis already reports
  queue.on('error', () => undefined)
  const turns = openTurns(context, queue)
  return {
    jobs: openJobs(context, queue, () => turns.poke()),
    batches: openBatches(context),
    turns,
    breaker: openBreakerRecord(redis, connection),
    logins: openLogins(context, queue),
    control: openControl(redis, connection),
    tally: context.tally,
    minutes: (count) => readMinutes(redis, connection, count),
    overview: () => readOverview(context),
    holdCalls: (forMs) => holdConnection(redis, queue, connection, forMs),
    releaseCalls: () => releaseConnection(redis, queue, connection),
    queue,
    openWorker: (processor, options) => openEncounterWorker(redis, connection, retention, processor, options),
    time: () => redisTime(redis),
    underLease: (lease, stopping, work) => underLease(redis, context.keys.base, lease, stopping, work),
    async close() {
      await turns.close()
      await context.tally.flush()
      await queue.close()
    },
  }
}
