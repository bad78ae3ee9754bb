/** The precision of dates and times sent: `fraction` is 100 microseconds, the four digits of HL7's TS. */
export type TimePrecision = 'minute' | 'second' | 'fraction'

/** The form in which a site expects its dates and times. */
export type TimeForm = {
  precision: TimePrecision
  /** An IANA name, for a receiver that takes all times as its own local ones; empty: each time keeps its own offset. */
  timeZone: string
}

/**
 * An RFC 3339 date and time as HL7's TS: `20251212205611.0053+0000`. Anything finer than the precision is cut off, not
 * rounded, so that no time moves into the next second or day. Converted to a site's time zone it has no offset.
 */
export function timeStamp(rfc3339: string, { precision, timeZone }: TimeForm): string {
  const [, date = '', time = '', fraction = '', offset = ''] =
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(rfc3339) ?? []
  if (!date) throw new RangeError('not an RFC 3339 date and time')
  const local = timeZone ? localDigits(`${date}T${time}${offset}`, timeZone) : `${date}${time}`.replaceAll(/\D/g, '')
  const zone = timeZone ? '' : offset === 'Z' ? '+0000' : offset.replace(':', '')
  if (precision === 'minute') return local.slice(0, 12) + zone
  return local + (precision === 'fraction' ? fraction.slice(0, 5) : '') + zone
}

/** The day alone, as HL7's DT: `20251212`, in the original offset or in the site's time zone. */
export function dateOf(rfc3339: string, form: TimeForm): string {
  return timeStamp(rfc3339, form).slice(0, 8)
}

function localDigits(rfc3339: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(new Date(rfc3339))
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((each) => each.type === type)?.value ?? ''
  return (
    part('year').padStart(4, '0') + ['month', 'day', 'hour', 'minute', 'second'].map((t) => part(t as 'month')).join('')
  )
}
