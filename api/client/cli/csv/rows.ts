import { CsvError, parse } from 'csv-parse'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CliError, exitCodes } from '../exit-codes.ts'

/** More than the limit of a request; also ends the search for an unclosed quote. */
const RECORD_LIMIT = 2 * 1024 * 1024
const DELIMITERS = [',', ';', '\t']

/** A row of the table, counted as in a spreadsheet: the header is row 1. `raw`: the unchanged text, on request. */
export type Row = { row: number; cells: string[]; raw?: string }

/**
 * The rows of a CSV file (RFC 4180) in UTF-8, with or without a byte order mark. The separator is the one most frequent
 * in the header: comma, semicolon or tab. Throws a CliError that names the row and quotes nothing of it.
 */
export async function* csvRows(
  pieces: AsyncIterable<Uint8Array>,
  { raw = false } = {},
): AsyncGenerator<Row, void, undefined> {
  const texts = decoded(pieces)
  let beginning = await untilLineEnd(texts)
  // a line that Excel writes and reads, but does not show
  const [separatorLine, separator] = /^sep=(.)\r?\n/.exec(beginning) ?? []
  if (separatorLine) beginning = beginning.slice(separatorLine.length)
  const delimiter = separator ?? delimiterOf(beginning)
  const parser = parse({ delimiter, relax_column_count: true, max_record_size: RECORD_LIMIT, raw })
  const reading = pipeline(Readable.from(again(beginning, texts)), parser)
  // the parser reports its failure as well
  reading.catch(() => undefined)
  let row = 0
  try {
    if (raw) {
      for await (const { record, raw: text } of parser as AsyncIterable<{ record: string[]; raw: string }>) {
        yield { row: ++row, cells: record, raw: text }
      }
    } else for await (const cells of parser as AsyncIterable<string[]>) yield { row: ++row, cells }
  } catch (error) {
    throw error instanceof CsvError ? badCsv(error) : error
  } finally {
    parser.destroy()
  }
}

/** Whether a row is empty; Excel writes many empty rows at the end. */
export function isEmptyRow(cells: readonly string[]): boolean {
  return cells.every((cell) => cell === '')
}

async function* decoded(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (piece?: Uint8Array) => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined })
    } catch {
      throw new CliError(exitCodes.badFile, 'the file is not UTF-8; in Excel, save it as “CSV UTF-8”')
    }
  }
  for await (const piece of pieces) {
    const text = decode(piece)
    if (text) yield text
  }
  const rest = decode()
  if (rest) yield rest
}

async function untilLineEnd(texts: AsyncIterator<string, void>): Promise<string> {
  let gathered = ''
  while (!/[\r\n](?!$)/.test(gathered) && gathered.length < RECORD_LIMIT) {
    const { done, value } = await texts.next()
    if (done) break
    gathered += value
  }
  return gathered
}

async function* again(first: string, rest: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  yield first
  yield* rest
}

function delimiterOf(text: string): string {
  const [header = ''] = text.split(/[\r\n]/, 1)
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

function badCsv({ code, ['records']: rowsBefore }: CsvError): CliError {
  const reasons: Partial<Record<typeof code, string>> = {
    CSV_QUOTE_NOT_CLOSED: 'a quote is never closed',
    CSV_INVALID_CLOSING_QUOTE: 'unexpected text after a closing quote',
    INVALID_OPENING_QUOTE: 'unexpected quote in an unquoted cell',
    CSV_MAX_RECORD_SIZE: 'the row is too long, or a quote before it is never closed',
  }
  return new CliError(exitCodes.badFile, `row ${Number(rowsBefore) + 1}: ${reasons[code] ?? 'is not CSV'}`)
}
