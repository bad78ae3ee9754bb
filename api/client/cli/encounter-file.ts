import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isBlank, NEWLINE } from './byte-lines.ts'
import type { TableReading } from './csv/reading.ts'
import type { TableRow } from './csv/table.ts'
import { CliError, exitCodes } from './exit-codes.ts'

export const fileFormats = ['ndjson', 'csv'] as const
export type FileFormat = (typeof fileFormats)[number]

/** The format of a file: the given one, or that of the file name. Throws a CliError for an unknown format. */
export function formatOf(path: string, said: string | undefined): FileFormat {
  if (said === undefined) return /\.[ct]sv$/i.test(path) ? 'csv' : 'ndjson'
  const format = fileFormats.find((each) => each === said.toLowerCase())
  if (!format) throw new CliError(exitCodes.usage, `--format takes ${fileFormats.join(' or ')}`)
  return format
}

/** A file of encounters, read as a stream. */
export type EncounterFile = {
  format: FileFormat
  /** Number of encounters. */
  items: number
  /** The first encounter, if it can be parsed. */
  first: Record<string, unknown> | undefined
  /** Derived from the content: the same file is the same batch on every machine and under every name. */
  idempotencyKey: string
  /** Reads the content as NDJSON, from the beginning. Throws a CliError if the file has changed since it was opened. */
  read(): AsyncGenerator<Uint8Array, void, undefined>
  /** The human-readable position of a line of that NDJSON: `line 3`, or `row 3` of a CSV file. */
  placeOf(line: number): string
}

/**
 * Version of the CSV parsing, part of the key: a version that parses rows differently must not look like a changed
 * upload.
 */
const CSV_READING = 1

/**
 * Reads a file once completely, to derive its key, count its encounters and check that a CSV file can be parsed. Throws
 * a CliError if the file is missing, invalid or empty.
 */
export async function openEncounterFile(
  path: string,
  about: { format: FileFormat; signal: AbortSignal; reading?: TableReading },
): Promise<EncounterFile> {
  const { format, reading = {} } = about
  const opened = await stat(path).catch(() => undefined)
  if (!opened?.isFile()) throw new CliError(exitCodes.noInput, `${path} ${opened ? 'is not a file' : 'does not exist'}`)
  const hash = createHash('sha256')
  let bytes = 0
  const pieces = async function* () {
    for await (const piece of createReadStream(path, { signal: about.signal })) {
      hash.update(piece as Buffer)
      bytes += (piece as Buffer).length
      yield piece as Buffer
    }
  }
  const table = format === 'csv' ? await import('./csv/table.ts') : undefined
  const { items, first } = await (table ? surveyRows(table.tableRows(pieces(), reading)) : surveyLines(pieces()))
  if (items === 0) throw new CliError(exitCodes.badFile, `${path} contains no encounters`)
  const changed = () =>
    new CliError(exitCodes.badFile, `${path} has changed since it was opened; submit it again when it is complete`)
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
    first,
    idempotencyKey: keyOf(format, hash.digest('hex'), reading),
    read: () => (table ? table.tableAsLines(unchanged(), reading) : unchanged()),
    placeOf: (line) => (format === 'csv' ? `row ${line}` : `line ${line}`),
  }
}

/** Includes the reading options of a table, since other options produce other encounters. */
function keyOf(format: FileFormat, digest: string, reading: TableReading): string {
  if (format === 'ndjson') return `file-${digest}`
  const isPlain = Object.keys(reading).length === 0
  const readingDigest = createHash('sha256').update(JSON.stringify(reading)).digest('hex')
  return `csv${CSV_READING}-${digest}${isPlain ? '' : `-${readingDigest.slice(0, 12)}`}`
}

/** Whether a key was derived from this file's content. */
export function isKeyOf(file: EncounterFile, key: string): boolean {
  return key.startsWith(file.idempotencyKey)
}

/** A new key for a file that is submitted again deliberately. */
export function anotherKey(idempotencyKey: string): string {
  return `${idempotencyKey}-${randomBytes(6).toString('hex')}`
}

type Survey = Pick<EncounterFile, 'items' | 'first'>

async function surveyRows(rows: AsyncIterable<TableRow>): Promise<Survey> {
  const survey: Survey = { items: 0, first: undefined }
  for await (const { request } of rows) {
    if (!request) continue
    survey.items++
    survey.first ??= request
  }
  return survey
}

/** Counts the lines that are not blank, as the gateway does. */
async function surveyLines(pieces: AsyncIterable<Buffer>): Promise<Survey> {
  let items = 0
  let hasContent = false
  let beginning: Buffer[] | undefined = []
  let first: Survey['first']
  const endLine = () => {
    if (hasContent) items++
    hasContent = false
    if (!beginning || items === 0) return
    first = objectIn(Buffer.concat(beginning))
    beginning = undefined
  }
  for await (const piece of pieces) {
    let from = 0
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
      take(piece.subarray(from, at))
      endLine()
      from = at + 1
    }
    take(piece.subarray(from))
  }
  endLine()
  return { items, first }

  function take(part: Buffer): void {
    hasContent ||= !isBlank(part)
    if (!beginning || !hasContent) return
    beginning.push(part)
    if (/^(?:\u00EF\u00BB\u00BF)?\s*\[/.test(part.toString('latin1', 0, 64)) && items === 0 && beginning.length === 1) {
      throw new CliError(
        exitCodes.badFile,
        'the file is a JSON array; convert it to NDJSON: jq -c ".[]" FILE > FILE.ndjson',
      )
    }
  }
}

function objectIn(bytes: Buffer): Survey['first'] {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''))
    return typeof value === 'object' && value !== null ? (value as Survey['first']) : undefined
  } catch {
    return undefined
  }
}
