/** The summary of several rounds of one figure. */
export type Summary = { median: number; min: number; max: number; rounds: number }

/** The middle value, or the mean of the two in the middle. `NaN` for an empty list. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** The value below which `percent` per cent lie, interpolated between neighbours. `NaN` for an empty list. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * (percent / 100)
  const [below = NaN, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return below + (above - below) * (place - Math.floor(place))
}

/** Median and spread of the rounds with a result; `undefined` if there are none. */
export function summarize(values: readonly (number | undefined)[]): Summary | undefined {
  const given = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[]
  if (given.length === 0) return undefined
  return { median: median(given), min: Math.min(...given), max: Math.max(...given), rounds: given.length }
}

/**
 * One side's figure over another's, round by round: compares what the two sides met in the same minute, so that a
 * machine that slows down over the run does not look like a difference between them.
 */
export function ratios(
  values: readonly (number | undefined)[],
  base: readonly (number | undefined)[],
): Summary | undefined {
  return summarize(values.map((value, round) => (value === undefined ? undefined : value / (base[round] ?? NaN))))
}
