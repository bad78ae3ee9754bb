// oxlint-disable-next-line typescript/triple-slash-reference -- an ambient declaration cannot be imported
/// <reference path="./luxon.d.ts" />
import { readFile } from 'node:fs/promises'
import { usageError } from '../arguments.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import type { DateReading } from './dates.ts'

/** How to read a table with a foreign layout: a map of its columns, constant values, and its dates. */
export type TableReading = DateReading & {
  /** Maps header names to field paths; `null` ignores a column. */
  columns?: Readonly<Record<string, string | null>>
  /** By field path: the value of an encounter whose row has none. */
  constants?: Readonly<Record<string, string>>
}

/** The options of commands that read files. */
export type ReadingOptions = {
  columns?: string | undefined
  'date-format'?: string | undefined
  'time-zone'?: string | undefined
}

/** Evaluates the options. Throws a CliError for an invalid column map or time zone. */
export async function readingOf(options: ReadingOptions): Promise<TableReading> {
  const timeZone = options['time-zone']
  if (timeZone !== undefined && !(await import('luxon')).IANAZone.isValidZone(timeZone)) {
    throw usageError('--time-zone takes an IANA name, such as America/Chicago')
  }
  const map = options.columns === undefined ? {} : await readMap(options.columns)
  const dateFormat = options['date-format']
  return { ...map, ...(dateFormat !== undefined && { dateFormat }), ...(timeZone !== undefined && { timeZone }) }
}

async function readMap(path: string): Promise<Pick<TableReading, 'columns' | 'constants'>> {
  const wrong = (message: string) => new CliError(exitCodes.badFile, `the column map ${path} ${message}`)
  const text = await readFile(path, 'utf8').catch(() => {
    throw new CliError(exitCodes.noInput, `the column map ${path} cannot be read`)
  })
  const shape =
    'must have the form {"Columns": {"MRN": "PatientId", "Notes": null}, "Constants": {"UserId": "interface"}}'
  let map: unknown
  try {
    map = JSON.parse(text)
  } catch {
    throw wrong('is not JSON')
  }
  if (!isRecord(map) || Object.keys(map).some((name) => name !== 'Columns' && name !== 'Constants')) throw wrong(shape)
  const { Columns = {}, Constants = {} } = map
  if (!isRecord(Columns) || !Object.values(Columns).every((value) => value === null || typeof value === 'string'))
    throw wrong(shape)
  if (!isRecord(Constants) || !Object.values(Constants).every((value) => typeof value === 'string')) throw wrong(shape)
  return { columns: Columns as Record<string, string | null>, constants: Constants as Record<string, string> }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
