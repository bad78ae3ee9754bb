import { createReadStream } from 'node:fs'
import type { Batch, BatchItem, Client } from '../src/index.ts'
import { byteLines, isBlank, ITEM_LIMIT_BYTES } from './byte-lines.ts'
import { csvRows, isEmptyRow } from './csv/rows.ts'
import type { TableReading } from './csv/reading.ts'
import { openEncounterFile, type FileFormat } from './encounter-file.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import { numberOf } from './pace.ts'

/** The statuses that are resent by default. An item in doubt is not: its encounter may exist in the EMR. */
export const resendable: ReadonlySet<BatchItem['Status']> = new Set(['Failed', 'Rejected', 'Cancelled', 'Expired'])

/** The file from which a batch was submitted. */
type Source = { path: string; format: FileFormat; signal: AbortSignal; reading: TableReading }

/**
 * The lines of a batch's file whose items have one of these statuses, unchanged, with the header if it is a table.
 * Throws a CliError if the file is not that of the batch.
 */
export async function* failedLines(
  client: Client,
  batch: Batch,
  source: Source,
  statuses: ReadonlySet<string>,
): AsyncGenerator<string | Buffer, void, undefined> {
  const { items: inFile } = await openEncounterFile(source.path, source)
  if (inFile !== batch.Items) {
    const counts = `it has ${numberOf(inFile, 'encounter')}, the batch ${numberOf(batch.Items, 'item')}`
    throw new CliError(exitCodes.badFile, `${source.path} is not the file of batch ${batch.BatchId}: ${counts}`)
  }
  const items = client.results(batch.BatchId, { signal: source.signal })
  for await (const { text, isHeader } of linesOf(source)) {
    if (isHeader) {
      yield text
      continue
    }
    const { value } = await items.next()
    if (value && statuses.has(value.Status)) yield text
  }
}

/**
 * The key for resending them. It names the batch and the selection, so it differs from the key of the batch and of
 * other selections.
 */
export function keyForFailedOf(batch: Batch, statuses: ReadonlySet<string>): string {
  return `failed-of-${batch.BatchId}-${[...statuses].toSorted().join('-')}`
}

async function* linesOf({
  path,
  format,
  signal,
}: Source): AsyncGenerator<{ text: string | Buffer; isHeader: boolean }> {
  const pieces = createReadStream(path, { signal }) as AsyncIterable<Buffer>
  if (format === 'csv') {
    for await (const { row, cells, raw = '' } of csvRows(pieces, { raw: true })) {
      if (row > 1 && isEmptyRow(cells)) continue
      yield { text: raw.replace(/[\r\n]*$/, '\r\n'), isHeader: row === 1 }
    }
    return
  }
  for await (const { line, bytes } of byteLines(pieces, ITEM_LIMIT_BYTES)) {
    if (bytes && isBlank(bytes)) continue
    if (!bytes) throw new CliError(exitCodes.badFile, `line ${line} of ${path} is larger than 1 MiB`)
    yield { text: Buffer.concat([bytes, Buffer.from('\n')]), isHeader: false }
  }
}
