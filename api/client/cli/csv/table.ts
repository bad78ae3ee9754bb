import { CliError, exitCodes } from '../exit-codes.ts'
import { HeaderError, readHeader, type Column } from './columns.ts'
import { encounterOf } from './encounter.ts'
import type { TableReading } from './reading.ts'
import { csvRows, isEmptyRow } from './rows.ts'

/** A row of a table of encounters: its request, or `undefined` for an empty row. */
export type TableRow = { row: number; columns: readonly Column[]; request: Record<string, unknown> | undefined }

const PIECE_LENGTH = 64 * 1024

/**
 * The encounters of a CSV file whose header consists of field paths. Throws a CliError that names the column or row if
 * the header is invalid, or if a row has more or fewer cells than the header, since its cells cannot be assigned to
 * columns then.
 */
export async function* tableRows(
  pieces: AsyncIterable<Uint8Array>,
  reading: TableReading = {},
): AsyncGenerator<TableRow, void, undefined> {
  let width = 0
  let columns: Column[] | undefined
  for await (const { row, cells } of csvRows(pieces)) {
    if (!columns) {
      columns = headerOf(cells, reading)
      width = cells.length
      continue
    }
    if (isEmptyRow(cells)) {
      yield { row, columns, request: undefined }
      continue
    }
    if (cells.length !== width) {
      throw new CliError(exitCodes.badFile, `row ${row}: has ${cells.length} cells where the header has ${width}`)
    }
    yield { row, columns, request: encounterOf(columns, cells, reading) }
  }
}

/** The same as NDJSON, with line numbers equal to row numbers: the header and empty rows become empty lines. */
export async function* tableAsLines(
  pieces: AsyncIterable<Uint8Array>,
  reading: TableReading = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  let gathered = '\n'
  for await (const { request } of tableRows(pieces, reading)) {
    gathered += request ? `${JSON.stringify(request)}\n` : '\n'
    if (gathered.length < PIECE_LENGTH) continue
    yield Buffer.from(gathered)
    gathered = ''
  }
  if (gathered) yield Buffer.from(gathered)
}

function headerOf(cells: readonly string[], reading: TableReading): Column[] {
  try {
    return readHeader(cells, reading)
  } catch (error) {
    if (!(error instanceof HeaderError)) throw error
    throw new CliError(exitCodes.badFile, `invalid header:\n${error.message}`)
  }
}
