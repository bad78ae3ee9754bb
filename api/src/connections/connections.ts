import { mayUse } from '@encounter-gateway/shared/config/connection-scope.ts'
import type { Application, Connection, Retention } from '@encounter-gateway/shared/config/schema.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import { tagOf, tagIn } from '@encounter-gateway/shared/sealing/job-id.ts'
import { openConnectionRecords, type ConnectionRecords } from '@encounter-gateway/shared/records/connection-records.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** A configured EMR instance: its settings, and the records of its jobs and batches. */
export type EmrConnection = { settings: Connection; records: ConnectionRecords }

/** All configured connections, with look-ups. */
export type EmrConnections = {
  all: readonly EmrConnection[]
  find(emrSystem: string, emrInstance: string): EmrConnection | undefined
  /** The connection of a job, by its JobId; `undefined` if that connection is not configured (any more). */
  ofJob(jobId: string): EmrConnection | undefined
  /** As `ofJob`; `undefined` also if the application may not use that connection (any more). */
  ofJobOf(application: Application, jobId: string): EmrConnection | undefined
  usableBy(application: Application): EmrConnection[]
}

declare module 'fastify' {
  interface FastifyInstance {
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

/** Opens the records of every connection, on one connection to Redis, which the caller closes. */
export const connections = fp(
  async function connections(app: FastifyInstance, options: ConnectionOptions) {
    const { redis, sealingKeys, retention, applications } = options
    const all = options.connections.map((settings): EmrConnection => {
      // the workers give turns as well, so a failure here only delays
      const turnsFailed = (err: unknown) => app.log.debug({ err }, 'turns.failed')
      const about = { connection: settings, sealingKeys, retention, applications, turnsFailed }
      return { settings, records: openConnectionRecords(redis, about) }
    })
    const byName = new Map(all.map((connection) => [nameOf(connection.settings), connection]))
    const byTag = new Map(all.map((connection) => [tagOf(connection.settings), connection]))
    const ofJob = (jobId: string) => byTag.get(tagIn(jobId))
    app.decorate('connections', {
      all,
      find: (emrSystem, emrInstance) => byName.get(nameOf({ emrSystem, emrInstance })),
      ofJob,
      ofJobOf: (application, jobId) => {
        const found = ofJob(jobId)
        return found && mayUse(application, found.settings) ? found : undefined
      },
      usableBy: (application) => all.filter(({ settings }) => mayUse(application, settings)),
    })
    app.addHook('onClose', async () => {
      await Promise.all(all.map(({ records }) => records.close()))
    })
  },
  { name: 'connections' },
)
