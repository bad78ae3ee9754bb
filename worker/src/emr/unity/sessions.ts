import { createHash } from 'node:crypto'
import type { EmrCall, EmrCredentials } from '../emr.ts'
import { loginRefused, refused, EmrError } from '../emr-error.ts'
import { cacheReading, type CachedReading } from '../http/cached-reading.ts'
import type { UnityService } from './magic.ts'
import { valueIn } from './match.ts'
import { SessionEnded } from './refusal.ts'

/** Maximum number of users with a session; the one longest unused ends. */
const MOST_SESSIONS = 200
const RETIRE_TIMEOUT_MS = 2_000
/** A refused login is not tried again within this time: a batch with a wrong password would lock the user out. */
const REFUSED_FOR_MS = 60_000

/** A token and the user that it is bound to. */
export type Session = { user: string; token: string }

type User = { kept: CachedReading<string>; token?: string; refusedUntil: number }

/** Unity binds a token to one user by GetUserAuthentication, so each user of this connection has one of its own. */
export class Sessions {
  readonly #unity: UnityService
  readonly #lastsMs: number
  readonly #users = new Map<string, User>()

  constructor(unity: UnityService, lastsMs: number) {
    this.#unity = unity
    this.#lastsMs = lastsMs
  }

  /**
   * Runs something in the session of a user, and once more in another one if the first turns out to be over. Throws
   * `EmrError` 401 if the user is refused.
   */
  async within<Result>(
    credentials: EmrCredentials,
    call: Pick<EmrCall, 'signal'>,
    action: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const { loginId: user, password } = credentials
    if (!user || password === undefined) throw refused(401, { because: 'this EMR requires a LoginId and a Password' })
    const entry = this.#of(user, password)
    const { kept } = entry
    const read = async (limits: { signal: AbortSignal }) => {
      if (Date.now() < entry.refusedUntil) throw loginRefused()
      const token = await this.#unity.getToken(limits)
      if (!(await this.#letsIn(user, password, token, limits))) {
        entry.refusedUntil = Date.now() + REFUSED_FOR_MS
        throw loginRefused()
      }
      entry.token = token
      return { value: token, forMs: this.#lastsMs }
    }
    const used = await kept.get(call, read)
    try {
      return await action({ user, token: used })
    } catch (error) {
      if (!(error instanceof SessionEnded)) throw error
      // Of many calls whose session ended together, one opens another and the rest find it here.
      const other = await kept.get(call, read)
      const token = other === used ? await kept.get(call, read, { fresh: true }) : other
      return action({ user, token })
    }
  }

  /** Ends the remaining sessions; those before them end by themselves, since a call may still be using them. */
  async retire(): Promise<void> {
    const call = { signal: AbortSignal.timeout(RETIRE_TIMEOUT_MS) }
    const tokens = [...this.#users.values()].flatMap(({ token }) => token ?? [])
    this.#users.clear()
    await Promise.all(tokens.map((token) => this.#unity.retire(token, call)))
  }

  #of(user: string, password: string): User {
    const key = createHash('sha256').update(`${user}\0${password}`).digest('base64')
    const entry = this.#users.get(key) ?? { kept: cacheReading<string>(), refusedUntil: 0 }
    this.#users.delete(key)
    this.#users.set(key, entry)
    const [oldest] = this.#users.keys()
    if (this.#users.size > MOST_SESSIONS && oldest !== undefined) this.#users.delete(oldest)
    return entry
  }

  /** Whatever Unity's reason to refuse a user here, it is reported as a refused login. */
  async #letsIn(user: string, password: string, token: string, call: { signal: AbortSignal }): Promise<boolean> {
    try {
      const login = { action: 'GetUserAuthentication', user, token, parameters: [password], creates: false }
      const [row = {}] = await this.#unity.magic(login, call)
      return valueIn(row, 'ValidUser').toUpperCase() === 'YES'
    } catch (error) {
      if (error instanceof EmrError && [400, 401, 403].includes(error.code)) return false
      throw error
    }
  }
}
