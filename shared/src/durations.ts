/** One second, in milliseconds, the unit of every duration in the code. */
export const SECOND = 1000
/** One minute, in milliseconds. */
export const MINUTE = 60 * SECOND
/** One hour, in milliseconds. */
export const HOUR = 60 * MINUTE
/** One day of 24 hours, in milliseconds. */
export const DAY = 24 * HOUR
