// oxlint-disable-next-line typescript/triple-slash-reference -- an ambient declaration cannot be imported
/// <reference path="./luxon.d.ts" />
import { DateTime } from 'luxon'

/** How to parse dates of a table that are not RFC 3339. */
export type DateReading = {
  /** In Luxon's tokens, such as `M/d/yyyy H:mm`; default: the forms below. */
  dateFormat?: string | undefined
  /** An IANA name, such as `America/Chicago`: a spreadsheet stores no time zone. */
  timeZone?: string | undefined
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/
/** Forms written by spreadsheets that are unambiguous. */
const FORMS = [
  'yyyy-M-d H:mm',
  'yyyy-M-d H:mm:ss',
  "yyyy-M-d'T'H:mm",
  "yyyy-M-d'T'H:mm:ss",
  'd.M.yyyy H:mm',
  'd.M.yyyy H:mm:ss',
]
/** Ambiguous forms: accepted only if the other reading is not a date. */
const MONTH_FIRST = ['M/d/yyyy H:mm', 'M/d/yyyy H:mm:ss', 'M/d/yyyy h:mm a', 'M/d/yyyy h:mm:ss a']
const DAY_FIRST = ['d/M/yyyy H:mm', 'd/M/yyyy H:mm:ss', 'd/M/yyyy h:mm a', 'd/M/yyyy h:mm:ss a']
/**
 * An Excel date in a cell not formatted as a date: days since 1899-12-30, with the time as fraction. From 1927 to 2173.
 */
const SERIAL = /^\d{5}\.\d+$/
const EXCEL_DAY_ZERO = Date.UTC(1899, 11, 30)
const DAY_MS = 86_400_000

/**
 * Converts a cell's date to RFC 3339; `undefined` if it is invalid or ambiguous: no such date, no time of day, no time
 * zone, a time that was skipped or repeated by a clock change, or day and month in unclear order.
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

/** Parses local time, represented in UTC. */
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

/** Parses a date whose format contains the time zone. */
function withOwnZone(text: string, dateFormat: string): string | undefined {
  if (!/[Zz]/.test(dateFormat.replaceAll(/'[^']*'/g, ''))) return undefined
  const found = DateTime.fromFormat(text, dateFormat, { setZone: true, locale: 'en-US' })
  return found.isValid ? (found.toISO({ suppressMilliseconds: true }) ?? undefined) : undefined
}
