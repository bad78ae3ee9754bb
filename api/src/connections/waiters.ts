import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { subscribeToEnds } from '@encounter-gateway/shared/records/ends.ts'
import type { RedisClient } from '@encounter-gateway/shared/redis/connect.ts'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { openPlaces } from '../http/places.ts'

/** Maximum number of waiting requests: each costs a socket, a timer and memory. An application has a part of it. */
const MAX_WAITERS = 10_000

/** `unheld`: the request did not wait, because too many of its application do or the process is closing. */
export type Waited = 'finished' | 'elapsed' | 'unheld'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Waits for a job's outcome, at most `ms` milliseconds or until the caller disconnects (`signal`). Never throws.
     */
    untilFinished(
      application: Pick<Application, 'name'>,
      jobId: string,
      ms: number,
      signal: AbortSignal,
    ): Promise<Waited>
  }
}

export type WaiterOptions = {
  /** A separate connection for the subscription to the JobIds of outcomes. */
  subscriber: RedisClient
  applications: readonly Application[]
  maxWaiters?: number
}

type Waiter = (waited: Waited) => void

/** Lets requests wait for the outcome of their jobs, all on one subscription. */
export const waiters = fp(
  async function waiters(app: FastifyInstance, { subscriber, applications, maxWaiters = MAX_WAITERS }: WaiterOptions) {
    const waiting = new Map<string, Set<Waiter>>()
    const places = openPlaces(applications, maxWaiters)
    let closing = false

    const wake = (jobId: string, waited: Waited) => {
      for (const waiter of waiting.get(jobId) ?? []) waiter(waited)
    }

    async function recheck(jobId: string): Promise<void> {
      const connection = app.connections.ofJob(jobId)
      if (await connection?.records.jobs.hasEnded(jobId)) wake(jobId, 'finished')
    }

    app.decorate('untilFinished', async (application, jobId, ms, signal): Promise<Waited> => {
      if (closing || signal.aborted) return 'unheld'
      const leave = places.take(application)
      if (!leave) return 'unheld'
      const { promise, resolve } = Promise.withResolvers<Waited>()
      const ofThisJob = waiting.get(jobId) ?? new Set()
      waiting.set(jobId, ofThisJob.add(resolve))
      const timer = setTimeout(resolve, ms, 'elapsed')
      const onAbort = () => resolve('elapsed')
      signal.addEventListener('abort', onAbort)
      // it may have ended before; if Redis does not answer this, the subscription still reports the outcome
      recheck(jobId).catch(() => undefined)
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        leave()
        ofThisJob.delete(resolve)
        if (ofThisJob.size === 0) waiting.delete(jobId)
      }
    })

    const unsubscribe = await subscribeToEnds(subscriber, {
      ended: (jobId) => wake(jobId, 'finished'),
      // messages published while the subscription was down are lost: check every awaited job
      resubscribed: () => void Promise.allSettled([...waiting.keys()].map(recheck)),
      failed: (err) => app.log.warn({ err }, 'waiters.notResubscribed'),
    })
    app.addHook('preClose', async () => {
      closing = true
      for (const jobId of waiting.keys()) wake(jobId, 'elapsed')
    })
    app.addHook('onClose', async () => unsubscribe())
  },
  { name: 'waiters', dependencies: ['connections'] },
)
