import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isBlank } from './byte-lines.ts'
import { tableAsLines, tableRows } from './csv/table.ts'
import { CliError, exitCodes } from './exit-codes.ts'

export const fileFormats = ['ndjson', 'csv'] as const
export type FileFormat = (typeof fileFormats)[number]

/** What a file is: as said, or as its name ends. Throws a CliError if it was said to be something else. */
export function formatOf(path: string, said: string | undefined): FileFormat {
  if (said === undefined) return /\.[ct]sv$/i.test(path) ? 'csv' : 'ndjson'
  const format = fileFormats.find((each) => each === said.toLowerCase())
  if (!format) throw new CliError(exitCodes.usage, `--format takes ${fileFormats.join(' or ')}`)
  return format
}

/** A file of encounters that is not in memory. */
export type EncounterFile = {
  format: FileFormat
  bytes: number
  /** Made from the content: the same file is the same batch, on whichever machine and under whichever name. */
  idempotencyKey: string
  /**
   * The content as NDJSON, from the beginning; `onBytes` is told how much of the file has been read. Throws a CliError if it is not what
   * it was when the file was opened.
   */
  read(onBytes?: (bytes: number) => void): AsyncGenerator<Uint8Array, void, undefined>
  /** What a person calls a line of that NDJSON: `line 3`, or `row 4` of a CSV file. */
  placeOf(line: number): string
}

/** So that rows which another version reads otherwise are not taken for a changed upload. */
const CSV_READING = 1

/**
 * Reads a file once from end to end: to name it by its content, to see that there is something in it, and that a CSV file can be read as
 * one. Throws a CliError if it is none or holds nothing.
 */
export async function openEncounterFile(
  path: string,
  about: { format: FileFormat; signal: AbortSignal },
): Promise<EncounterFile> {
  const { format } = about
  const opened = await stat(path).catch(() => undefined)
  if (!opened?.isFile()) throw new CliError(exitCodes.noInput, `${path} is ${opened ? 'not a file' : 'not there'}`)
  const hash = createHash('sha256')
  let bytes = 0
  const pieces = async function* () {
    for await (const piece of createReadStream(path, { signal: about.signal })) {
      hash.update(piece as Buffer)
      bytes += (piece as Buffer).length
      yield piece as Buffer
    }
  }
  const holdsSomething = await (format === 'csv' ? readTable(pieces()) : readLines(pieces()))
  if (!holdsSomething) throw new CliError(exitCodes.badFile, `${path} has no encounters in it`)
  const changed = () =>
    new CliError(exitCodes.badFile, `${path} has changed meanwhile; submit it again when it is complete`)
  const isChanged = async () => {
    const now = await stat(path).catch(() => undefined)
    return now?.size !== bytes || now.mtimeMs !== opened.mtimeMs
  }
  const unchanged = async function* (onBytes?: (bytes: number) => void) {
    if (await isChanged()) throw changed()
    let read = 0
    for await (const piece of createReadStream(path)) {
      onBytes?.((read += (piece as Buffer).length))
      yield piece as Buffer
    }
    if (await isChanged()) throw changed()
  }
  return {
    format,
    bytes,
    idempotencyKey: `${format === 'csv' ? `csv${CSV_READING}` : 'file'}-${hash.digest('hex')}`,
    read: (onBytes) => (format === 'csv' ? tableAsLines(unchanged(onBytes)) : unchanged(onBytes)),
    placeOf: (line) => (format === 'csv' ? `row ${line + 1}` : `line ${line}`),
  }
}

/** Whether a key was made from this file's content. */
export function isKeyOf(file: EncounterFile, key: string): boolean {
  return key.startsWith(file.idempotencyKey)
}

/** A key for a file that is to be submitted again although it was before. */
export function anotherKey(idempotencyKey: string): string {
  return `${idempotencyKey}-${randomBytes(6).toString('hex')}`
}

async function readTable(pieces: AsyncIterable<Buffer>): Promise<boolean> {
  let holdsSomething = false
  for await (const { request } of tableRows(pieces)) holdsSomething ||= request !== undefined
  return holdsSomething
}

async function readLines(pieces: AsyncIterable<Buffer>): Promise<boolean> {
  let holdsSomething = false
  for await (const piece of pieces) {
    if (!holdsSomething && /^\s*\[/.test(piece.toString('latin1', 0, 64))) {
      throw new CliError(
        exitCodes.badFile,
        'the file is a JSON array; make lines of it: jq -c ".[]" FILE > FILE.ndjson',
      )
    }
    holdsSomething ||= !isBlank(piece)
  }
  return holdsSomething
}
