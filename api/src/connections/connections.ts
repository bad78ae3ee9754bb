import { openAccept, type Accept } from '@encounter-gateway/shared/records/accept.ts'
import type { Application, Connection, Retention } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { tagOf, tagIn } from '@encounter-gateway/shared/sealing/job-id.ts'
import { openEncounterQueue, type EncounterQueue } from '@encounter-gateway/shared/records/queue.ts'
import { openJobList, type JobList } from '@encounter-gateway/shared/records/job-list.ts'
import { openBatches, type Batches } from '@encounter-gateway/shared/records/batches.ts'
import { openRecords, type Records } from '@encounter-gateway/shared/records/jobs.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import { openTurns, type Turns } from '@encounter-gateway/shared/records/turns.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** A configured EMR instance: its settings, its queue, and the records of its jobs and batches. */
export type EmrConnection = {
  settings: Connection
  queue: EncounterQueue
  records: Records
  list: JobList
  accept: Accept
  batches: Batches
  turns: Turns
}

/** All configured connections, with look-ups. */
export type EmrConnections = {
  all: readonly EmrConnection[]
  find(emrSystem: string, emrInstance: string): EmrConnection | undefined
  /** The connection of a job, by its JobId; `undefined` if that connection is not configured (any more). */
  ofJob(jobId: string): EmrConnection | undefined
  usableBy(application: Application): EmrConnection[]
}

declare module 'fastify' {
  interface FastifyInstance {
    redis: RedisClient
    connections: EmrConnections
  }
}

export type ConnectionOptions = {
  redis: RedisClient
  connections: readonly Connection[]
  applications: readonly Application[]
  sealingKeys: SealingKeys
  retention: Retention
}

/** Opens the queue and records of every connection, on one connection to Redis, which the caller closes. */
export const connections = fp(
  async function connections(app: FastifyInstance, options: ConnectionOptions) {
    const { redis, sealingKeys, retention } = options
    const all = options.connections.map((settings) => {
      const queue = openEncounterQueue(redis, settings)
      // BullMQ repeats errors that the shared connection to Redis already reports
      queue.on('error', () => undefined)
      const about = { connection: settings, sealingKeys, retention }
      const batches = openBatches(redis, about)
      const { concurrency } = settings
      // the workers give turns as well, so a failure here only delays
      const failed = (err: unknown) => app.log.debug({ err }, 'turns.failed')
      const turns = openTurns({ redis, queue, batches, concurrency, applications: options.applications, failed })
      const records = openRecords(redis, about)
      const list = openJobList(redis, settings)
      return { settings, queue, records, list, accept: openAccept(redis, records), batches, turns }
    })
    const byName = new Map(all.map((connection) => [nameOf(connection.settings), connection]))
    const byTag = new Map(all.map((connection) => [tagOf(connection.settings), connection]))
    app.decorate('redis', { getter: () => redis })
    app.decorate('connections', {
      all,
      find: (emrSystem, emrInstance) => byName.get(nameOf({ emrSystem, emrInstance })),
      ofJob: (jobId) => byTag.get(tagIn(jobId)),
      usableBy: ({ emrSystems }) => all.filter(({ settings }) => emrSystems.includes(settings.emrSystem)),
    })
    app.addHook('onClose', async () => {
      await Promise.all(all.map(({ turns }) => turns.close()))
      await Promise.all(all.map(({ records }) => records.tally.flush()))
      await Promise.all(all.map(({ queue }) => queue.close()))
    })
  },
  { name: 'connections' },
)
