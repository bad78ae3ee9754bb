import { createHmac } from 'node:crypto'
import type { Payload } from '../sealing/payload.ts'
import type { RecordsContext } from './context.ts'
import type { GoOn } from './lease.ts'
import type { EncounterQueue } from './queue.ts'
import { runScript } from '../redis/script.ts'
import { scripts } from './scripts.ts'
import { HOUR } from '../durations.ts'

/** Refused in a row: directories lock an account after three to five. */
export const REFUSED_ENOUGH = 3
/** How often one job tries a refused login: seldom enough for the usual locks, which count within half an hour. */
const TRIAL_EVERY_MS = HOUR
/** Parked jobs that one round of the sweep releases or looks at, per login. */
const RELEASED_AT_ONCE = 200
const RELEASED_AT_MOST = 2_000

/** What a login is known by. Without an application: credentials of the gateway's own. */
export type LoginOf = { application?: string; credentials: Payload['credentials'] }

/** The webhook event for a login that the EMR refuses, as login-refused.lua writes it. */
export type LoginEvent = {
  Type: 'login.refused'
  /** The name of the login. */
  Login: string
  /** The job that was refused last. */
  JobId: string
  /** ms since the epoch */
  At: number
  StatusCode: number
  Application: string
}

/**
 * The logins that the EMR of a connection refuses. A login is known by a keyed hash of application and credentials. The
 * application's jobs with a refused one are not sent: each try brings the account nearer to its lock.
 */
export type Logins = {
  /** No login has been refused lately, so nothing need be asked about any. */
  readonly areQuiet: boolean
  /** The name of a login; reveals nothing of it. */
  nameOf(login: LoginOf): string
  /**
   * Whether the EMR refuses the login, and until when its jobs are to wait, ms since the epoch; `undefined`: it may be
   * used. Sends a command only after a change, and once an hour lets one job try.
   */
  refusedUntil(login: string): Promise<number | undefined>
  /**
   * Counts a refused login. `until`: the EMR counts as refusing it, and its jobs are to wait until then, ms since the
   * epoch; `parks`: others before it were enough, so this job has not failed but waits, too.
   */
  refused(
    login: string,
    about: { application: string; jobId: string },
  ): Promise<{ parks: boolean; until: number | undefined }>
  /** Records that the EMR has accepted the login, or that it is said to be good. No command if it was never refused. */
  accepted(login: string, about?: { surely?: boolean }): Promise<void>
  /** Notes a job that waits for this login. Two commands. */
  park(login: string, jobId: string): Promise<void>
  /** Lets the jobs go on that wait for logins that are no longer refused; several commands. */
  release(goOn: GoOn): Promise<void>
}

export function openLogins(context: RecordsContext, queue: EncounterQueue): Logins {
  const { redis, keys, sealingKeys, announced, terms, loginsSeen } = context
  const keptMs = terms.deadlineMs + HOUR
  let known = { version: '', counts: new Map<string, number>(), trialAt: new Map<string, number>() }

  /** What is known of logins; read again after begin.lua has reported a change. */
  async function current(): Promise<typeof known> {
    const version = loginsSeen.version
    if (version === known.version) return known
    if (version === '') return (known = { version, counts: new Map(), trialAt: new Map() })
    const [counts, refused] = await Promise.all([
      redis.hgetall(keys.logins),
      redis.zrange(keys.refusedLogins, '0', '-1', 'WITHSCORES'),
    ])
    const trialAt = new Map<string, number>()
    for (let at = 0; at < refused.length; at += 2) trialAt.set(refused[at] ?? '', Number(refused[at + 1]))
    known = { version, counts: new Map(Object.entries(counts).map(([login, n]) => [login, Number(n)])), trialAt }
    return known
  }

  async function releaseOne(login: string, goOn: GoOn): Promise<void> {
    const parked = keys.parkedForLogin(login)
    for (let released = 0; released < RELEASED_AT_MOST; released += RELEASED_AT_ONCE) {
      if (!(await goOn())) return
      const jobIds = await redis.srandmember(parked, RELEASED_AT_ONCE)
      if (jobIds.length === 0) {
        await redis.srem(keys.parkingLogins, login)
        return
      }
      const gone = await Promise.all(jobIds.map((jobId) => goesOn(jobId)))
      const left = jobIds.filter((_, at) => gone[at])
      if (left.length === 0) return
      await redis.srem(parked, ...left)
    }
  }

  /** Whether the job need not be looked at again; one that a worker is still putting away must. */
  async function goesOn(jobId: string): Promise<boolean> {
    const job = await queue.getJob(jobId)
    if (!job) return true
    if (await job.isDelayed()) await job.promote().catch(() => undefined)
    return !(await job.isActive())
  }

  return {
    get areQuiet() {
      return loginsSeen.version === ''
    },

    nameOf({ application = '', credentials: { loginId = '', password = '', authorizationToken = '' } }) {
      return createHmac('sha256', sealingKeys[0].derivationSecret)
        .update(JSON.stringify(['login', application, loginId, password, authorizationToken]))
        .digest('base64url')
        .slice(0, 22)
    },

    async refusedUntil(login) {
      const { trialAt } = await current()
      const at = trialAt.get(login)
      if (at === undefined) return undefined
      if (Date.now() < at) return at
      const until = await runScript(redis, scripts.loginTrial, keys, { login, trialMs: TRIAL_EVERY_MS })
      return until === 0 ? undefined : until
    },

    async refused(login, { application, jobId }) {
      const announce = announced.has(application)
      const about = { login, enough: REFUSED_ENOUGH, trialMs: TRIAL_EVERY_MS, keptMs, application, jobId, announce }
      const count = await runScript(redis, scripts.loginRefused, keys, about)
      const until = count >= REFUSED_ENOUGH ? Date.now() + TRIAL_EVERY_MS : undefined
      return { parks: count > REFUSED_ENOUGH, until }
    },

    async accepted(login, { surely = false } = {}) {
      if (!surely && !(await current()).counts.has(login)) return
      await runScript(redis, scripts.loginAccepted, keys, { login })
    },

    async park(login, jobId) {
      await redis
        .multi()
        .sadd(keys.parkedForLogin(login), jobId)
        .pexpire(keys.parkedForLogin(login), keptMs)
        .sadd(keys.parkingLogins, login)
        .exec()
    },

    async release(goOn) {
      const parking = await redis.smembers(keys.parkingLogins)
      for (const login of parking) {
        if ((await redis.zscore(keys.refusedLogins, login)) === null) await releaseOne(login, goOn)
      }
    },
  }
}
