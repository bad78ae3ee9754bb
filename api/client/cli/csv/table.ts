import { CliError, exitCodes } from '../exit-codes.ts'
import { HeaderError, readHeader, type Column } from './columns.ts'
import { encounterOf } from './encounter.ts'
import { csvRows, isEmptyRow } from './rows.ts'

/** A row of a table of encounters: the request it stands for, or `undefined` for a row with nothing in it. */
export type TableRow = { row: number; columns: readonly Column[]; request: Record<string, unknown> | undefined }

const PIECE_LENGTH = 64 * 1024

/**
 * The encounters of a CSV file whose header is made of field paths. Throws a CliError that names column or row if the header is not
 * understood or a row has more cells or fewer than the header: what stands in which column is then anyone's guess.
 */
export async function* tableRows(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<TableRow, void, undefined> {
  let columns: Column[] | undefined
  for await (const { row, cells } of csvRows(pieces)) {
    if (!columns) {
      columns = headerOf(cells)
      continue
    }
    if (isEmptyRow(cells)) {
      yield { row, columns, request: undefined }
      continue
    }
    if (cells.length !== columns.length) {
      throw new CliError(
        exitCodes.badFile,
        `row ${row}: has ${cells.length} cells where the header has ${columns.length}`,
      )
    }
    yield { row, columns, request: encounterOf(columns, cells) }
  }
}

/** The same as NDJSON. The line of a row is its number less one, since the header has no line and an empty row is an empty line. */
export async function* tableAsLines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let gathered = ''
  for await (const { request } of tableRows(pieces)) {
    gathered += request ? `${JSON.stringify(request)}\n` : '\n'
    if (gathered.length < PIECE_LENGTH) continue
    yield Buffer.from(gathered)
    gathered = ''
  }
  if (gathered) yield Buffer.from(gathered)
}

function headerOf(cells: readonly string[]): Column[] {
  try {
    return readHeader(cells)
  } catch (error) {
    if (!(error instanceof HeaderError)) throw error
    throw new CliError(exitCodes.badFile, `the header is not understood:\n${error.message}`)
  }
}
