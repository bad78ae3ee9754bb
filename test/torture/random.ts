import { randomFrom as seeded } from '../generator/random.ts'

/** Chance decided by a seed: the same seed gives the same draws in the same order, everywhere. */
export type Random = {
  /** Evenly spread from 0 to below 1. */
  fraction(): number
  /** Evenly spread, both ends included. */
  integer(from: number, to: number): number
  pick<T>(from: readonly T[]): T
  shuffled<T>(list: readonly T[]): T[]
}

/** `stream` separates what is drawn for different purposes under one seed. */
export function randomFrom(seed: number, stream = 0): Random {
  const random = seeded(seed ^ Math.imul(stream, 0x9e3779b1))
  return {
    fraction: () => random.next(),
    integer: (from, to) => random.whole(from, to),
    pick: (from) => random.pick(from),
    shuffled<T>(list: readonly T[]): T[] {
      const shuffled = [...list]
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = random.whole(0, last)
        ;[shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T]
      }
      return shuffled
    },
  }
}
