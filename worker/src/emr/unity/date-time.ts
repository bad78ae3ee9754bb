/** Wall-clock time of the EMR to the second, without a zone: `2025-12-31T20:56:11`. */
export type LocalTime = string

/** An RFC 3339 time on the EMR's clock; without a `timeZone`, on the clock of its own offset. */
export function localTime(rfc3339: string, timeZone: string | undefined): LocalTime {
  if (timeZone === undefined) return rfc3339.slice(0, 19)
  return clockOf(timeZone).format(new Date(rfc3339)).replace(', ', 'T').replace(' ', 'T')
}

/** Throws `RangeError` for a time zone that does not exist. */
export function clockOf(timeZone: string): Intl.DateTimeFormat {
  const digits = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
  // Swedish dates are ISO dates.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', ...digits })
}

/** In the format that Unity reads: `us` is `12/31/2025 20:56:11`. */
export function written(time: LocalTime, format: 'us' | 'iso'): string {
  return format === 'iso' ? time : `${usDay(time)} ${time.slice(11)}`
}

/** The day alone: `12/31/2025`. */
export function usDay(time: LocalTime): string {
  return `${time.slice(5, 7)}/${time.slice(8, 10)}/${time.slice(0, 4)}`
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const clock = '(\\d{1,2}):(\\d{2})(?::\\d{2}(?:\\.\\d+)?)?\\s*([ap]m)?'
const iso = new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})(?:[T ]${clock}.*)?$`, 'i')
const slashed = new RegExp(`^(\\d{1,2})/(\\d{1,2})/(\\d{4})(?:\\s+${clock})?$`, 'i')
const named = new RegExp(`^([a-z]{3})[a-z]*\\s+(\\d{1,2}),?\\s+(\\d{4})(?:\\s+${clock})?$`, 'i')

/**
 * The minute of a time from Unity, `2025-12-31T20:56`. Its format is not documented, so each format of .NET and SQL
 * Server is read: ISO, `12/31/2025 8:56:11 PM`, `Dec 31 2025  8:56PM`, `/Date(1767214571000-0600)/`. `undefined` for
 * any other.
 */
export function minuteOf(text: string): string | undefined {
  const [, ms, sign, hours, minutes] = /^\/Date\((-?\d+)(?:([+-])(\d{2})(\d{2}))?\)\/$/.exec(text) ?? []
  if (ms) {
    const offsetMs = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000
    const at = new Date(Number(ms) + offsetMs)
    return Number.isNaN(at.getTime()) ? undefined : at.toISOString().slice(0, 16)
  }
  const trimmed = text.trim()
  const [, year = '', month = '', day = '', ...time] = reordered(trimmed)
  if (!year || !month) return undefined
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${timeOf(time)}`
}

/** Year, month, day, hour, minute, am or pm, after the whole. */
function reordered(text: string): (string | undefined)[] {
  const isoMatch = iso.exec(text)
  if (isoMatch) return isoMatch
  const [whole, month = '', day, year, ...time] = slashed.exec(text) ?? named.exec(text) ?? []
  const number = /^\d/.test(month) ? month : String(months.indexOf(month.toLowerCase().slice(0, 3)) + 1)
  return whole === undefined || number === '0' ? [] : [whole, year, number, day, ...time]
}

function timeOf([hour = '0', minute = '00', half]: (string | undefined)[]): string {
  const on12 = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
  return `${String(on12).padStart(2, '0')}:${minute}`
}
