import { createHash, randomBytes } from 'node:crypto'
import type { RedisClient } from '../redis/connect.ts'
import { KEY_PREFIX } from '../redis/key-prefix.ts'
import { MINUTE, HOUR } from '../durations.ts'

/** How long a session lasts without a request. */
export const IDLE_MS = 15 * MINUTE
/** How long a session lasts at most. */
const LONGEST_MS = 8 * HOUR
/** How long a device is known after a sign-in. */
export const DEVICE_MS = 30 * 24 * HOUR
/** Wrong passwords that an account may have from unknown devices before each further try must wait. */
const FREE_TRIES = 5
const LONGEST_WAIT_MS = 5 * MINUTE
const TRIES_KEPT_MS = HOUR

/** A signed-in operator. `print` changes with password and rights; `csrf` must come with every change. */
export type Session = { name: string; print: string; csrf: string; startedAt: number }

/** Sessions and sign-ins of operators, for all api processes. Redis has only hashes of tokens and names. */
export type OperatorSessions = {
  start(name: string, print: string): Promise<{ token: string; csrf: string }>
  /** The session of a token, `undefined` if it has ended. Unless `isIdle`, the time without a request begins anew. */
  read(token: string, about?: { isIdle?: boolean }): Promise<Session | undefined>
  end(token: string): Promise<void>
  /** Remembers a device after a sign-in; returns its token. */
  knowDevice(name: string): Promise<string>
  isKnownDevice(name: string, token: string): Promise<boolean>
  /** How long strangers must wait before the next try for this account, in ms; 0: not at all. */
  waitMs(name: string): Promise<number>
  /** Counts a wrong password. */
  failed(name: string): Promise<void>
}

/** Opens the sessions of operators. */
export function openOperatorSessions(redis: RedisClient): OperatorSessions {
  const keyOf = (kind: string, text: string) =>
    `${KEY_PREFIX}:operator-${kind}:${createHash('sha256').update(text).digest('base64url')}`
  const newToken = () => randomBytes(32).toString('base64url')
  return {
    async start(name, print) {
      const [token, csrf] = [newToken(), newToken()]
      const session: Session = { name, print, csrf, startedAt: Date.now() }
      await redis.set(keyOf('session', token), JSON.stringify(session), 'PX', IDLE_MS)
      return { token, csrf }
    },
    async read(token, { isIdle = false } = {}) {
      const key = keyOf('session', token)
      const stored = isIdle ? await redis.get(key) : await redis.getex(key, 'PX', IDLE_MS)
      if (stored === null) return undefined
      const session = JSON.parse(stored) as Session
      return Date.now() - session.startedAt < LONGEST_MS ? session : undefined
    },
    async end(token) {
      await redis.del(keyOf('session', token))
    },
    async knowDevice(name) {
      const token = newToken()
      await redis.set(keyOf('device', `${name} ${token}`), '1', 'PX', DEVICE_MS)
      return token
    },
    isKnownDevice: async (name, token) => (await redis.exists(keyOf('device', `${name} ${token}`))) === 1,
    async waitMs(name) {
      const [failures, since] = await redis.hmget(keyOf('failures', name), 'count', 'at')
      const over = Number(failures ?? 0) - FREE_TRIES
      if (over < 0) return 0
      return Math.max(Number(since ?? 0) + Math.min(1_000 * 2 ** over, LONGEST_WAIT_MS) - Date.now(), 0)
    },
    async failed(name) {
      const key = keyOf('failures', name)
      const replies = await redis
        .multi()
        .hincrby(key, 'count', 1)
        .hset(key, 'at', Date.now())
        .pexpire(key, TRIES_KEPT_MS)
        .exec()
      for (const [error] of replies ?? []) if (error) throw error
    },
  }
}
