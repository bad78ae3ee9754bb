/** Numbers drawn from a seed: the same seed gives the same ones on every machine. */
export type Random = {
  /** From 0 to below 1. */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number
  /** Whether an event with this chance happens. */
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** One of a list, each as often as its weight says. */
  weighted<T extends { weight: number }>(list: readonly T[]): T
}

/** mulberry32 of Tommy Ettinger (public domain): 32 bits of state are plenty for test data. Never for anything secret. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  const some = <T>(item: T | undefined): T => {
    if (item === undefined) throw new RangeError('there is nothing to pick from')
    return item
  }
  return {
    next,
    whole,
    chance: (probability) => next() < probability,
    pick: (list) => some(list[whole(0, list.length - 1)]),
    weighted(list) {
      let left = next() * list.reduce((sum, { weight }) => sum + weight, 0)
      return some(list.find(({ weight }) => (left -= weight) < 0) ?? list.at(-1))
    },
  }
}

/** The numbers of one thing among many of a seed, such as its tenth patient: unrelated to those of the others. */
export function randomOf(seed: number, kind: number, index: number): Random {
  return randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b) ^ Math.imul(kind, 0xc2b2ae35))
}
