import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isBlank, NEWLINE } from './byte-lines.ts'
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
  /** How many encounters are in it. */
  items: number
  /** Made from the content: the same file is the same batch, on whichever machine and under whichever name. */
  idempotencyKey: string
  /** The content as NDJSON, from the beginning. Throws a CliError if it is not what it was when the file was opened. */
  read(): AsyncGenerator<Uint8Array, void, undefined>
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
  const items = await (format === 'csv' ? countRows(pieces()) : countLines(pieces()))
  if (items === 0) throw new CliError(exitCodes.badFile, `${path} has no encounters in it`)
  const changed = () =>
    new CliError(exitCodes.badFile, `${path} has changed meanwhile; submit it again when it is complete`)
  const isChanged = async () => {
    const now = await stat(path).catch(() => undefined)
    return now?.size !== bytes || now.mtimeMs !== opened.mtimeMs
  }
  const unchanged = async function* () {
    if (await isChanged()) throw changed()
    for await (const piece of createReadStream(path)) yield piece as Buffer
    if (await isChanged()) throw changed()
  }
  return {
    format,
    items,
    idempotencyKey: `${format === 'csv' ? `csv${CSV_READING}` : 'file'}-${hash.digest('hex')}`,
    read: () => (format === 'csv' ? tableAsLines(unchanged()) : unchanged()),
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

async function countRows(pieces: AsyncIterable<Buffer>): Promise<number> {
  let items = 0
  for await (const { request } of tableRows(pieces)) if (request) items++
  return items
}

/** Counts the lines that have something in them, as the gateway does. */
async function countLines(pieces: AsyncIterable<Buffer>): Promise<number> {
  let items = 0
  let beginning: string | undefined = ''
  let hasContent = false
  for await (const piece of pieces) {
    if (beginning !== undefined) {
      beginning = (beginning + piece.toString('latin1', 0, 64)).trimStart()
      if (/^(?:\u00EF\u00BB\u00BF)?\s*\[/.test(beginning)) {
        throw new CliError(
          exitCodes.badFile,
          'the file is a JSON array; make lines of it: jq -c ".[]" FILE > FILE.ndjson',
        )
      }
      if (beginning.length > 3) beginning = undefined
    }
    let from = 0
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
      if (hasContent || !isBlank(piece.subarray(from, at))) items++
      hasContent = false
      from = at + 1
    }
    hasContent ||= !isBlank(piece.subarray(from))
  }
  return hasContent ? items + 1 : items
}
