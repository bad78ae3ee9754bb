import { SECOND, MINUTE, HOUR, DAY } from '@encounter-gateway/shared/durations.ts'

/** A duration in the words of the pages: `8 s`, `22 min`, `1 h 25 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(Math.round(ms / SECOND), 0)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < DAY) return withRest(ms, HOUR, 'h', MINUTE, 'min')
  return withRest(ms, DAY, 'd', HOUR, 'h')
}

function withRest(ms: number, unit: number, name: string, smaller: number, smallerName: string): string {
  const rest = Math.floor((ms % unit) / smaller)
  const whole = `${Math.floor(ms / unit)} ${name}`
  return rest > 0 ? `${whole} ${rest} ${smallerName}` : whole
}

/** How long ago a time was. */
export const ago = (time: string, now = Date.now()) => duration(now - Date.parse(time))

/** A time of the last day as `00:41`, an older one with its date; UTC. */
export function clock(time: string, now = Date.now()): string {
  const hours = time.slice(11, 16)
  return now - Date.parse(time) < DAY ? `${hours} UTC` : `${time.slice(0, 10)} ${hours} UTC`
}

/** A whole number with separators: `1,204`. */
export const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 1 })

/** `1 encounter waits`, `611 encounters wait`. */
export function counted(count: number, one: string, many: string): string {
  return count === 1 ? `1 ${one}` : `${number(count)} ${many}`
}

/** Milliseconds as seconds: `0.9 s`. */
export const seconds = (ms: number) => `${(ms / SECOND).toFixed(ms < 10 * SECOND ? 1 : 0)} s`
