// oxlint-disable-next-line typescript/triple-slash-reference -- an ambient declaration cannot be imported
/// <reference path="./luxon.d.ts" />
import { DateTime } from 'luxon'

/** How dates of a table are to be read that are not RFC 3339. */
export type DateReading = {
  /** In Luxon's tokens, such as `M/d/yyyy H:mm`; the forms below if left out. */
  dateFormat?: string | undefined
  /** An IANA name, such as `America/Chicago`: a spreadsheet keeps no time zone. */
  timeZone?: string | undefined
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/
/** What spreadsheets write and only one reading has. */
const FORMS = [
  'yyyy-M-d H:mm',
  'yyyy-M-d H:mm:ss',
  "yyyy-M-d'T'H:mm",
  "yyyy-M-d'T'H:mm:ss",
  'd.M.yyyy H:mm',
  'd.M.yyyy H:mm:ss',
]
/** These have two readings: taken only where the other one is no date. */
const MONTH_FIRST = ['M/d/yyyy H:mm', 'M/d/yyyy H:mm:ss', 'M/d/yyyy h:mm a', 'M/d/yyyy h:mm:ss a']
const DAY_FIRST = ['d/M/yyyy H:mm', 'd/M/yyyy H:mm:ss', 'd/M/yyyy h:mm a', 'd/M/yyyy h:mm:ss a']
/** Days since 1899-12-30 with the time as their fraction: an Excel date whose cell is not formatted as one. From 1927 to 2173. */
const SERIAL = /^\d{5}\.\d+$/
const EXCEL_DAY_ZERO = Date.UTC(1899, 11, 30)
const DAY_MS = 86_400_000

/**
 * A cell's date as RFC 3339; `undefined` if that cannot be said for certain: no such date, no time of day, no time zone, a time that
 * the clocks jumped over or showed twice, or day and month that could be either way round.
 */
export function readDate(text: string, { dateFormat, timeZone }: DateReading): string | undefined {
  if (RFC_3339.test(text)) return text
  if (timeZone === undefined) return dateFormat === undefined ? undefined : withOwnZone(text, dateFormat)
  const local = dateFormat === undefined ? localTime(text) : parsed(text, dateFormat)
  if (!local) return undefined
  const { year, month, day, hour, minute, second, millisecond } = local
  const there = DateTime.fromObject({ year, month, day, hour, minute, second, millisecond }, { zone: timeZone })
  if (there.hour !== hour || there.minute !== minute || there.getPossibleOffsets().length > 1) return undefined
  return there.toISO({ suppressMilliseconds: true }) ?? undefined
}

/** As a clock shows it, put down in UTC. */
function localTime(text: string): DateTime | undefined {
  if (SERIAL.test(text)) {
    const ms = Math.round((Number(text) * DAY_MS) / 1000) * 1000
    return DateTime.fromMillis(EXCEL_DAY_ZERO + ms, { zone: 'utc' })
  }
  const certain = firstOf(text, FORMS)
  if (certain) return certain
  const [american, other] = [firstOf(text, MONTH_FIRST), firstOf(text, DAY_FIRST)]
  return american && other && +american !== +other ? undefined : (american ?? other)
}

function firstOf(text: string, forms: readonly string[]): DateTime | undefined {
  for (const form of forms) {
    const found = parsed(text, form)
    if (found) return found
  }
  return undefined
}

function parsed(text: string, form: string): DateTime | undefined {
  const found = DateTime.fromFormat(text, form, { zone: 'utc', locale: 'en-US' })
  return found.isValid ? found : undefined
}

/** A format that has the time zone in it needs none beside. */
function withOwnZone(text: string, dateFormat: string): string | undefined {
  if (!/[Zz]/.test(dateFormat.replaceAll(/'[^']*'/g, ''))) return undefined
  const found = DateTime.fromFormat(text, dateFormat, { setZone: true, locale: 'en-US' })
  return found.isValid ? (found.toISO({ suppressMilliseconds: true }) ?? undefined) : undefined
}
