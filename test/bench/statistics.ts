/** What several rounds of one figure come to. */
export type Summary = { median: number; min: number; max: number; rounds: number }

/** The middle value; between two, their mean. `NaN` of nothing. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** The value below which `percent` per cent lie, interpolated between neighbours. `NaN` of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * (percent / 100)
  const [below = NaN, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return below + (above - below) * (place - Math.floor(place))
}

/** Median and spread of the rounds that gave a number; `undefined` if none did. */
export function summarize(values: readonly (number | undefined)[]): Summary | undefined {
  const given = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[]
  if (given.length === 0) return undefined
  return { median: median(given), min: Math.min(...given), max: Math.max(...given), rounds: given.length }
}

/**
 * One side's figure over another's, round by round: what the two sides met in the same minute is compared, so that a machine
 * that gets slower over the run does not look like a difference between them.
 */
export function ratios(
  values: readonly (number | undefined)[],
  base: readonly (number | undefined)[],
): Summary | undefined {
  return summarize(values.map((value, round) => (value === undefined ? undefined : value / (base[round] ?? NaN))))
}
