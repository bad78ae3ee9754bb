import { MINUTE } from '@encounter-gateway/shared/durations.ts'
import type { Payload } from '@encounter-gateway/shared/sealing/payload.ts'
import type { ConnectionAtWork } from './connection-at-work.ts'

/** Jobs that wait for one login come back spread over this time, not all at the moment of its next trial. */
const SPREAD_MS = 10 * MINUTE

/** The call is not made, or is not counted: the EMR refuses its login. `forMs`: how long its job is to wait. */
export class LoginHeld extends Error {
  override name = 'LoginHeld'
  readonly login: string
  readonly forMs: number
  constructor(login: string, until: number) {
    super('the EMR refuses the login')
    this.login = login
    this.forMs = Math.max(until - Date.now(), 0) + Math.random() * SPREAD_MS
  }
}

/** Keeps a call back if the EMR refuses its login: the one of the job's credentials, or the gateway's own. */
export type LoginGate = {
  /** Throws `LoginHeld` if the call must not be made. */
  pass(): Promise<void>
  /** The EMR has taken the call, so the logins are good. */
  accepted(): Promise<void>
  /** Counts a refusal. `undefined`: it is one of the first, which end their jobs, or it could not be counted. */
  refused(whose: 'job' | 'gateway'): Promise<LoginHeld | undefined>
}

/** Opens the gate for one call. Without a refusal lately (`logins.areQuiet`) there is nothing to pass. */
export function openLoginGate(
  { connection, records: { logins }, log }: Pick<ConnectionAtWork, 'connection' | 'records' | 'log'>,
  { jobId, application, credentials }: { jobId: string; application: string } & Pick<Payload, 'credentials'>,
): LoginGate {
  const nameOf = {
    job: () => logins.nameOf({ application, credentials }),
    // changes with the configured secrets, so that new ones are tried at once
    gateway: () => logins.nameOf({ credentials: { loginId: JSON.stringify(connection) } }),
  }
  const both = () => [nameOf.job(), nameOf.gateway()]
  return {
    async pass() {
      for (const login of both()) {
        const until = await logins.refusedUntil(login)
        if (until !== undefined) throw new LoginHeld(login, until)
      }
    },
    async accepted() {
      // only to let others go on; the next success does it as well
      const noted = (err: unknown) => log.debug({ err }, 'login.notNoted')
      await Promise.all(both().map((login) => logins.accepted(login).catch(noted)))
    },
    async refused(whose) {
      const login = nameOf[whose]()
      const about = { application: whose === 'job' ? application : '', jobId }
      try {
        const { parks, until } = await logins.refused(login, about)
        if (until !== undefined) log.warn({ job: jobId, whose }, 'login.refused')
        return parks ? new LoginHeld(login, until ?? Date.now()) : undefined
      } catch (err) {
        log.warn({ job: jobId, err }, 'login.notCounted')
        return undefined
      }
    },
  }
}
