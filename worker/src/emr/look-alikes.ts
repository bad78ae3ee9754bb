import { unlessAborted } from './http/unless-aborted.ts'

/** Encounters remembered; the oldest are forgotten first. */
const MOST_REMEMBERED = 10_000

/**
 * For an EMR that has no place for our key, where encounters of one patient can look exactly alike: ensures that this
 * process assigns each of them to one order only. It does not know what other processes assigned.
 */
export class LookAlikes {
  readonly #owners = new Map<string, string>()
  readonly #turns = new Map<string, Promise<unknown>>()

  /**
   * Runs `action` after all earlier ones of the same patient: another order must not find an encounter that is just
   * being created before it is assigned to its own order. Throws `EmrError` if the signal aborts before its turn.
   */
  async inTurn<Value>(patientId: string, signal: AbortSignal, action: () => Promise<Value>): Promise<Value> {
    const { promise: mine, resolve: done } = Promise.withResolvers<void>()
    const before = this.#turns.get(patientId)
    const last = before ? before.then(() => mine) : mine
    this.#turns.set(patientId, last)
    try {
      if (before) await unlessAborted(signal, before)
      return await action()
    } finally {
      done()
      if (this.#turns.get(patientId) === last) this.#turns.delete(patientId)
    }
  }

  /** Assigns the encounter to this order. */
  give(encounterId: string, correlationKey: string): void {
    this.#owners.set(encounterId, correlationKey)
    const [oldest] = this.#owners.keys()
    if (this.#owners.size > MOST_REMEMBERED && oldest !== undefined) this.#owners.delete(oldest)
  }

  /** Whether this process assigned it to an order with another key. */
  isAnothers(encounterId: string, correlationKey: string): boolean {
    return (this.#owners.get(encounterId) ?? correlationKey) !== correlationKey
  }
}
