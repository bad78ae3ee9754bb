import { createReadStream } from 'node:fs'
import type { Problem } from '../src/index.ts'
import { byteLines, isBlank, ITEM_LIMIT_BYTES } from './byte-lines.ts'
import { checkItem } from './check-item.ts'
import type { Column } from './csv/columns.ts'
import { tableRows } from './csv/table.ts'
import type { TableReading } from './csv/reading.ts'
import type { FileFormat } from './encounter-file.ts'

const DATE_HINT = '; for spreadsheet dates use --time-zone and, if day and month are ambiguous, --date-format'

type FieldError = NonNullable<Problem['Errors']>[number]

/** The mistakes in one encounter of a file; `Column` is the CSV column at fault, as named in the header. */
export type CheckedItem = { line: number; request?: object; mistakes: (FieldError & { Column?: string })[] }

/**
 * Validates the encounters of a file, one result each. `line`: the line in NDJSON, the row in CSV, where the header is
 * row 1.
 */
export async function* checkFile(
  path: string,
  format: FileFormat,
  signal: AbortSignal,
  reading: TableReading = {},
): AsyncGenerator<CheckedItem> {
  const pieces = createReadStream(path, { signal }) as AsyncIterable<Buffer>
  if (format === 'csv') {
    for await (const { row, columns, request } of tableRows(pieces, reading)) {
      if (!request) continue
      const mistakes = checkItem(Buffer.from(JSON.stringify(request)))
      yield { line: row, request, mistakes: mistakes.map((mistake) => withColumn(mistake, columns)) }
    }
    return
  }
  for await (const { line, bytes } of byteLines(pieces, ITEM_LIMIT_BYTES)) {
    if (bytes && isBlank(bytes)) continue
    yield { line, mistakes: checkItem(bytes) }
  }
}

function withColumn(mistake: FieldError, columns: readonly Column[]): FieldError & { Column?: string } {
  const column = columns.find(({ path }) => `/${path.join('/')}` === mistake.Pointer)
  if (!column) return mistake
  const hint = column.type === 'date' ? DATE_HINT : ''
  return { ...mistake, Message: `${mistake.Message}${hint}`, Column: column.name }
}
