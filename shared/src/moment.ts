/**
 * A point in time on both clocks of the process. `performance.now()` does not advance while a virtual machine is
 * suspended (CLOCK_MONOTONIC), and the wall clock may be set back.
 */
export type Moment = { steady: number; wall: number }

/** Now. */
export function thisMoment(): Moment {
  return { steady: performance.now(), wall: Date.now() }
}

/**
 * Milliseconds since a moment, by the clock that advanced more: robust against a suspension and a clock that was set
 * back.
 */
export function msSince({ steady, wall }: Moment): number {
  return Math.max(performance.now() - steady, Date.now() - wall)
}
