import { SECOND } from '@encounter-gateway/shared/durations.ts'
import { nameOf } from '@encounter-gateway/shared/contract/connection-name.ts'
import type { EncounterJob } from '@encounter-gateway/shared/records/queue.ts'
import { DelayedError, UnrecoverableError } from 'bullmq'
import type { Logger } from 'pino'
import { TryAgain } from '../attempts/create-encounter.ts'
import { setAside } from '../attempts/set-aside.ts'
import type { ConnectionAtWork } from '../attempts/connection-at-work.ts'
import { openLane, type Left } from './lane.ts'
import type { News } from './messages.ts'
import { takeWayOut } from './way-out.ts'

/** A job is set aside after this many deaths of a process in which it ran alone. */
const DEATHS_ALONE = 3
/**
 * With more places, many jobs would have to run alone whenever one kills the rest; with fewer, recovery after an outage
 * of Redis would take long.
 */
const TOGETHER = 50
/** Pause before a job asks again for a place that was taken; jittered to between half and all of it. */
const BUSY_MS = 2 * SECOND
/** Pause before a job runs again after its process died. */
const AFTER_DEATH_MS = 1 * SECOND

/**
 * Runs jobs whose worker died with them (BullMQ counts it: a job that never stalled does not come here). Most are
 * innocent: they were in the worker when another job killed it, or it was killed from outside, or Redis was away for
 * longer than their lock. They run in a process of their own beside the worker, together at first. If it dies, each job
 * that was in it runs alone from then on, and only the deaths of a process that runs one job alone are counted. The
 * worker lives on, with its other jobs; if the worker itself is killed, nothing is counted.
 */
export type Quarantine = {
  /** The processor for such a job. */
  run(job: EncounterJob, token: string, at: ConnectionAtWork): Promise<void>
  /** Ends the processes. Nothing may be running any more. */
  close(): Promise<void>
}

/** Observers of a connection's jobs: `died` is called once for each job whose process ended while it ran. */
export type Hearing = Pick<ConnectionAtWork, 'attempted' | 'succeededLate'> & { finished: () => void; died: () => void }

export function openQuarantine(about: {
  log: Logger
  stopping: AbortSignal
  /** By the connection's name: the observers of its jobs. */
  heard: ReadonlyMap<string, Hearing>
}): Quarantine {
  const heard = ({ connection, ...what }: News) => {
    const hearing = about.heard.get(connection)
    if (what.kind === 'finished') hearing?.finished()
    else if (what.kind === 'attempted') hearing?.attempted(what.attempt)
    else hearing?.succeededLate(what.late)
  }
  const together = openLane({ ...about, heard, places: TOGETHER })
  const alone = openLane({ ...about, heard, places: 1 })

  async function left(job: EncounterJob, token: string, at: ConnectionAtWork, how: Left): Promise<void> {
    if (how.kind === 'returned') return takeWayOut(how.wayOut)
    if (how.kind === 'notStarted') return giveBack(job, token, BUSY_MS)
    const jobId = job.id ?? ''
    const deaths = await at.records.jobs.died(jobId, how)
    about.heard.get(nameOf(at.connection))?.died()
    at.log.warn({ job: jobId, deaths, alone: how.alone }, 'job.died')
    if (deaths < DEATHS_ALONE) return giveBack(job, token, AFTER_DEATH_MS)
    const reason = await setAside({ jobId, routing: job.data, createdAt: job.timestamp }, at)
    if (reason === undefined) throw new TryAgain(408, at.connection.backoffMs)
    throw new UnrecoverableError(reason)
  }

  return {
    async run(job, token, at) {
      const jobId = job.id ?? ''
      const lane = (await at.records.jobs.hasDied(jobId)) ? alone : together
      if (!lane.free) return giveBack(job, token, (BUSY_MS * (1 + Math.random())) / 2)
      return left(job, token, at, await lane.run({ connection: nameOf(at.connection), jobId, token }))
    },
    async close() {
      await Promise.all([together.close(), alone.close()])
    },
  }
}

async function giveBack(job: EncounterJob, token: string, inMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + Math.ceil(inMs), token)
  throw new DelayedError()
}
