/**
 * A point in time on both clocks of the process. `performance.now()` alone stands still while a virtual machine is suspended
 * (CLOCK_MONOTONIC); the wall clock alone may be set back.
 */
export type Moment = { steady: number; wall: number }

/** Now. */
export function thisMoment(): Moment {
  return { steady: performance.now(), wall: Date.now() }
}

/** How many milliseconds have passed: what the clock says that counted more, so that a suspension and a clock set back both count. */
export function msSince({ steady, wall }: Moment): number {
  return Math.max(performance.now() - steady, Date.now() - wall)
}
