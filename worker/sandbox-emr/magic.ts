import type { Behaviour } from './behaviour.ts'

type Delays = { slowMs: number; timeoutMs: number }

/** A magic PatientId: what it is for, and what happens the nth time (from 0) that a correlation key comes with it. */
type Magic = { does: string; behaviour: (turn: number, delays: Delays) => Behaviour }

const always =
  (behaviour: Behaviour): Magic['behaviour'] =>
  () =>
    behaviour
const first =
  (count: number, behaviour: Behaviour): Magic['behaviour'] =>
  (turn) =>
    turn < count ? behaviour : {}

/** What each magic PatientId does, for newcomers and for tests; every other PatientId gets its encounter at once. */
export const magic: Record<string, Magic> = {
  'SANDBOX-201': { does: 'creates the encounter, like any other PatientId', behaviour: always({}) },
  'SANDBOX-400': { does: 'objects to /PatientId', behaviour: always({ fault: 400 }) },
  'SANDBOX-401': { does: 'refuses the login', behaviour: always({ fault: 401 }) },
  'SANDBOX-403': { does: 'refuses the user', behaviour: always({ fault: 403 }) },
  'SANDBOX-408': { does: 'reports a timeout, having created nothing', behaviour: always({ fault: 408 }) },
  'SANDBOX-500': { does: 'fails, having created nothing', behaviour: always({ fault: 500 }) },
  'SANDBOX-502': { does: 'acts as a gateway whose EMR is unreachable', behaviour: always({ fault: 502 }) },
  'SANDBOX-SLOW': { does: 'answers after 5 s', behaviour: (_turn, { slowMs }) => ({ answerAfterMs: slowMs }) },
  'SANDBOX-TIMEOUT': {
    does: 'creates the encounter at once and answers after 60 s',
    behaviour: (_turn, { timeoutMs }) => ({ answerAfterMs: timeoutMs }),
  },
  'SANDBOX-DROP-AFTER-COMMIT': {
    does: 'creates the encounter and drops the connection without an answer; works the next time',
    behaviour: first(1, { fault: 'drop-after' }),
  },
  'SANDBOX-DROP-BEFORE-COMMIT': {
    does: 'drops the connection and creates nothing; works the next time',
    behaviour: first(1, { fault: 'drop-before' }),
  },
  'SANDBOX-502-AFTER-COMMIT': {
    does: 'creates the encounter and answers 502; works the next time',
    behaviour: first(1, { fault: '502-after' }),
  },
  'SANDBOX-FAILS-TWICE': { does: 'answers 502 twice, then works', behaviour: first(2, { fault: 502 }) },
  'SANDBOX-BUSY': { does: 'answers 429 with Retry-After: 2 once, then works', behaviour: first(1, { fault: 429 }) },
}

/** How often each correlation key has come with a magic PatientId; the oldest are forgotten beyond `keep`. */
export class Turns {
  readonly #keep: number
  readonly #turns = new Map<string, number>()

  constructor(keep = 100_000) {
    this.#keep = keep
  }

  /** Counts this one and tells how many there were before it. */
  next(patientId: string, key: string): number {
    const name = `${patientId} ${key}`
    const before = this.#turns.get(name) ?? 0
    this.#turns.set(name, before + 1)
    if (this.#turns.size > this.#keep) {
      const [oldest] = this.#turns.keys()
      if (oldest !== undefined) this.#turns.delete(oldest)
    }
    return before
  }

  clear(): void {
    this.#turns.clear()
  }
}
