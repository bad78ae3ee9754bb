import type { EmrCall } from '../emr.ts'
import { unlessAborted } from './unless-aborted.ts'

/** For one reading; it serves every call that waits for it, so none of their signals may end it. */
const READING_TIMEOUT_MS = 10_000

/** A value that a connection has read from its EMR and uses for a while: a token, or the EMR's capabilities. */
export type CachedReading<Value> = {
  /**
   * Returns the value, read again if it has expired or must be `fresh`. All callers during a reading get the same
   * answer. A failure reaches those who waited for it and is not kept. If the call's signal aborts first: `EmrError`
   * 502, nothing sent.
   */
  get(call: Pick<EmrCall, 'signal'>, read: Read<Value>, about?: { fresh?: boolean }): Promise<Value>
  /** The value that `get` would return at once. */
  known(): Value | undefined
  /** The next caller triggers a new reading. */
  forget(): void
}

/** Reads the value, within `signal`, and returns how long it may be used, in milliseconds. */
export type Read<Value> = (call: { signal: AbortSignal }) => Promise<{ value: Value; forMs: number }>

export function cacheReading<Value>(): CachedReading<Value> {
  let kept: { value: Value; until: number } | undefined
  let reading: Promise<Value> | undefined

  async function readAnew(read: Read<Value>): Promise<Value> {
    const { value, forMs } = await read({ signal: AbortSignal.timeout(READING_TIMEOUT_MS) })
    kept = { value, until: Date.now() + forMs }
    return value
  }

  const known = () => (kept && Date.now() < kept.until ? kept.value : undefined)

  return {
    known,
    async get({ signal }, read, { fresh = false } = {}) {
      const present = known()
      if (!fresh && present !== undefined) return present
      reading ??= readAnew(read).finally(() => (reading = undefined))
      return unlessAborted(signal, reading)
    },
    forget() {
      kept = undefined
    },
  }
}
