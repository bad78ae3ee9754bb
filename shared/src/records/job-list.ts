import { terminalStatuses, type JobStatus, type TerminalStatus } from '../contract/job.ts'
import type { RecordsContext } from './context.ts'
import { runScript } from '../redis/script.ts'
import { scripts } from './scripts.ts'

/** The place of a job in a list: the time that orders the list, ms since the epoch, and its JobId. */
export type ListPlace = { atMs: number; jobId: string }

/** The states whose jobs are listed by themselves: ended without success. */
export type UnsuccessfulStatus = Exclude<TerminalStatus, 'Succeeded'>
export const unsuccessfulStatuses: readonly UnsuccessfulStatus[] = terminalStatuses.filter(
  (status) => status !== 'Succeeded',
)

/** Whether the jobs of a state have a list of their own. */
export function isUnsuccessful(status: JobStatus | undefined): status is UnsuccessfulStatus {
  return unsuccessfulStatuses.some((each) => each === status)
}

/**
 * Which jobs a list holds: all of an application, by when they were accepted; or those that ended in one state, of one
 * application or of all, by when they ended.
 */
export type ListName = { application: string } | { ended: UnsuccessfulStatus; application?: string | undefined }

/** Only places in this time, ms since the epoch, both included. */
export type ListRange = { fromMs?: number | undefined; toMs?: number | undefined }

/** The state of a listed job, read without its result. A `Queued` or `Retrying` job may be parked. */
export type ListedState = { status: JobStatus; statusCode?: number }

/** The jobs on one connection, by time. Ids are kept a day longer than results. */
export type JobList = {
  /** The next `count` places after `after`, newest first. */
  page(name: ListName, after: ListPlace | undefined, count: number, range?: ListRange): Promise<ListPlace[]>
  /** How many jobs are in a list of ended jobs. */
  count(ended: UnsuccessfulStatus, application?: string): Promise<number>
  /** The states of these jobs, in one short script; `undefined` for one whose result has been deleted. */
  states(jobIds: readonly string[]): Promise<(ListedState | undefined)[]>
  /** When the application's job was accepted, ms since the epoch; `undefined` if it never was, or too long ago. */
  acceptedAt(application: string, jobId: string): Promise<number | undefined>
  /** All applications that have had jobs here, also those no longer in the configuration. */
  applications(): Promise<string[]>
}

/** Opens the lists of a connection's jobs. */
export function openJobList({ redis, keys }: RecordsContext): JobList {
  const keyOf = (name: ListName) =>
    'ended' in name ? keys.ended(name.ended, name.application) : keys.jobs(name.application)
  return {
    async page(name, after, count, { fromMs, toMs } = {}) {
      const newest = Math.min(after?.atMs ?? Infinity, toMs ?? Infinity)
      const from = newest === Infinity ? '+inf' : newest
      const found: ListPlace[] = []
      // places before the cursor within the same millisecond are read and skipped
      for (let offset = 0; found.length < count; offset += count) {
        const range = [from, fromMs ?? '-inf', 'WITHSCORES', 'LIMIT', offset, count] as const
        const reply = await redis.zrevrangebyscore(keyOf(name), ...range)
        for (let index = 0; index < reply.length; index += 2) {
          const place = { jobId: reply[index] ?? '', atMs: Number(reply[index + 1]) }
          if (!after || comparePlaces(after, place) < 0) found.push(place)
        }
        if (reply.length < 2 * count) break
      }
      return found.slice(0, count)
    },
    count: (ended, application) => redis.zcard(keys.ended(ended, application)),
    async states(jobIds) {
      if (jobIds.length === 0) return []
      const states = await runScript(
        redis,
        scripts.jobStates,
        keys,
        { base: keys.base },
        jobIds.map((jobId) => ({ jobId })),
      )
      return states.map((text) => {
        if (text === '') return undefined
        const [status, code] = text.split(' ')
        return { status: status as JobStatus, ...(code && { statusCode: Number(code) }) }
      })
    },
    async acceptedAt(application, jobId) {
      const score = await redis.zscore(keys.jobs(application), jobId)
      return score === null ? undefined : Number(score)
    },
    applications: () => redis.hkeys(keys.depth),
  }
}

/** The order of a list: newest first; within the same millisecond by JobId from z to a. */
export function comparePlaces(a: ListPlace, b: ListPlace): number {
  if (a.atMs !== b.atMs) return b.atMs - a.atMs
  return a.jobId < b.jobId ? 1 : a.jobId > b.jobId ? -1 : 0
}
