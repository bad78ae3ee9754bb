import { Type, type Static } from '@sinclair/typebox'
import { faultNames, type Behaviour, type Fault } from './behaviour.ts'

const share = Type.Number({ minimum: 0, maximum: 1 })
const FaultRate = Type.Object(Object.fromEntries(faultNames.map((fault) => [String(fault), Type.Optional(share)])), {
  additionalProperties: false,
  default: {},
  description: 'Share of the requests, 0 to 1, that meet each fault',
})
const milliseconds = Type.Integer({ minimum: 0, maximum: 600_000, default: 0 })

/** How the Sandbox EMR misbehaves until told otherwise: the body of `PUT /control`. What is left out is off. */
export const Settings = Type.Object(
  {
    latencyMs: { ...milliseconds, description: 'How long each create and find takes' },
    latencyJitterMs: { ...milliseconds, description: 'Up to so much longer, evenly spread' },
    faultRate: { ...FaultRate, description: 'Faults of creates' },
    findFaultRate: { ...FaultRate, description: 'Faults of finds: GET /encounters?correlationKey=' },
    commitDelayMs: {
      ...milliseconds,
      description: 'Creates the encounter so long after the request, even if the client is gone',
    },
    down: Type.Boolean({ default: false, description: 'Drops every connection, but for /control' }),
    hangAll: Type.Boolean({
      default: false,
      description: 'Takes every request and never answers nor creates, but for /control',
    }),
    seed: Type.Integer({ minimum: 0, maximum: 0xffff_ffff, default: 1, description: 'Begins the random numbers anew' }),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof Settings>

/** Draws what happens to each request: the same settings and order of requests give the same faults. */
export class Faults {
  #settings = healthy()
  #random = randomFrom(this.#settings.seed)

  get settings(): Settings {
    return this.#settings
  }

  set(settings: Settings): void {
    this.#settings = settings
    this.#random = randomFrom(settings.seed)
  }

  reset(): void {
    this.set(healthy())
  }

  /** Takes two random numbers whatever comes of them, so that one setting does not shift another's faults. */
  draw(rates: Settings['faultRate']): Behaviour {
    const { latencyMs, latencyJitterMs } = this.#settings
    const answerAfterMs = latencyMs + Math.floor(this.#random() * (latencyJitterMs + 1))
    const fault = pick(rates, this.#random())
    return { answerAfterMs, ...(fault !== undefined && { fault }) }
  }
}

/** Which of the two rates, if any, has shares that add up to more than 1 (but for rounding). */
export function overfull(settings: Settings): 'faultRate' | 'findFaultRate' | undefined {
  return (['faultRate', 'findFaultRate'] as const).find((name) => {
    const shares: number[] = Object.values(settings[name]).map((rate) => rate ?? 0)
    return shares.reduce((sum, rate) => sum + rate, 0) > 1 + 1e-9
  })
}

function pick(rates: Settings['faultRate'], at: number): Fault | undefined {
  let below = 0
  return faultNames.find((fault) => at < (below += rates[String(fault)] ?? 0))
}

function healthy(): Settings {
  return {
    latencyMs: 0,
    latencyJitterMs: 0,
    faultRate: {},
    findFaultRate: {},
    commitDelayMs: 0,
    down: false,
    hangAll: false,
    seed: 1,
  }
}

/** Mulberry32: 32 bits of state, evenly spread from 0 to below 1, the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
