import type { Bench } from './bench-options.ts'

/** One number that a run measures. */
export type Figure = {
  key: string
  label: string
  unit: string
  /** Whether more is better; absent if neither. */
  better?: 'more' | 'less'
  /** Its goal as a ratio to the base side, or (`of: 'value'`) by itself: first step, then second. */
  goal?: { of: 'ratio' | 'value'; first: number; second?: number }
}

/** By `Figure.key`; one that could not be measured is absent. */
export type Figures = Record<string, number>

/** One row of the bench: what is measured on which sides. */
export type Measurement = {
  /** For `--only`, and the number in the table if it has one. */
  id: string
  name: string
  title: string
  /** How it is measured, in a sentence or two for the results page. */
  method: string
  /** The first one is ours. */
  sides: readonly string[]
  /** The side that the others are compared with. */
  base?: string
  figures: readonly Figure[]
  /** More rounds than this add nothing. */
  maxRounds?: number
  /** The maximum without `--full`, for what takes long. */
  maxRoundsInShort?: number
  /** One run on a fresh store. Throws `Skipped` if this machine does not offer a side. */
  run(side: string, bench: Bench): Promise<Figures>
}

/** A side that this machine does not offer; `message` is the reason. */
export class Skipped extends Error {
  override name = 'Skipped'
}
