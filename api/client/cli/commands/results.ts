import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, stat, unlink } from 'node:fs/promises'
import type { Batch, BatchItem } from '../../src/index.ts'
import { readArguments, usageError } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readingOf } from '../csv/reading.ts'
import { formatOf } from '../encounter-file.ts'
import { failedLines, keyForFailedOf, resendable } from '../failed-lines.ts'
import { failureReasons } from '../failure-reasons.ts'
import { openClient } from '../open-client.ts'
import { numberOf } from '../pace.ts'
import { reference } from '../reference.ts'
import { reportPage } from '../report.ts'
import { give, quoted, say, warn, type Terminal } from '../terminal.ts'

const statuses: BatchItem['Status'][] = [
  ...([
    'Queued',
    'Running',
    'Retrying',
    'Parked',
    'Succeeded',
    'Failed',
    'OutcomeUnknown',
    'Cancelled',
    'Expired',
  ] as const),
  'Rejected',
]

/** `results BATCH [-o FILE]`: writes one JSON object per item, in order. A file appears only when it is complete. */
export const results: Command = async (argv, terminal, signal) => {
  const { values, positionals } = readArguments(argv, reference.results.options, ['BATCH'])
  const [batchId = ''] = positionals
  const only = values.status === undefined ? undefined : statusesIn(values.status)
  const client = await openClient(terminal, values)
  const batch = values.wait ? await client.waitForBatch(batchId, { signal }) : await client.batch(batchId, { signal })
  if (batch.Status !== 'Finished') warn(terminal, `the batch is ${batch.Status}: these are the results so far`)
  const source = values['failed-lines']
  if (values.report !== undefined) {
    const reasons = await failureReasons(client, batchId, signal)
    const items = values['with-encounters'] ? client.results(batchId, { signal }) : undefined
    await writeFile(values.report, reportPage(batch, reasons, items))
    give(terminal, { Report: values.report, Reasons: reasons })
    say(terminal, `report in ${values.report}`)
    if (values.output === undefined && source === undefined) return exitCodes.ok
  }
  if (source === undefined) {
    const lines = resultLines(client.results(batchId, { signal }), only)
    await write(terminal, values.output, lines, 'result')
    return exitCodes.ok
  }
  const statuses = only ?? resendable
  const format = formatOf(source, values.format)
  const headers = format === 'csv' ? 1 : 0
  const written = await write(
    terminal,
    values.output,
    failedLines(client, batch, { path: source, format, signal, reading: await readingOf(values) }, statuses),
    'line',
    headers,
  )
  if (values.output !== undefined && written > 0) tellHowToResend(terminal, values.output, batch, statuses)
  return exitCodes.ok
}

/** Writes lines to a file or to standard output, and returns their number without `headers`. */
async function write(
  terminal: Terminal,
  path: string | undefined,
  lines: AsyncIterable<string | Buffer>,
  noun: string,
  headers = 0,
): Promise<number> {
  if (path === undefined || path === '-') return (await writeTo(terminal.out, lines)) - headers
  const count = (await writeFile(path, lines)) - headers
  give(terminal, { File: path, Items: count })
  say(terminal, `${numberOf(count, noun)} in ${path}`)
  return count
}

function tellHowToResend(terminal: Terminal, path: string, batch: Batch, statuses: ReadonlySet<string>): void {
  const to = `--emr ${batch.EMRSystem} --instance ${batch.EmrInstance}`
  const key = keyForFailedOf(batch, statuses)
  say(terminal, `submit with: encounter-gateway submit ${quoted(path)} ${to} --key ${key} --resume --watch`)
}

async function* resultLines(items: AsyncIterable<BatchItem>, only: ReadonlySet<string> | undefined) {
  for await (const item of items) if (!only || only.has(item.Status)) yield `${JSON.stringify(item)}\n`
}

/** Creates the file readable by its owner only, since results identify encounters; an existing file keeps its mode. */
async function writeFile(path: string, texts: AsyncIterable<string | Buffer>): Promise<number> {
  const existing = await stat(path).catch(() => undefined)
  const isFile = existing === undefined || existing.isFile()
  const writing = isFile ? `${path}.partial` : path
  const stream = createWriteStream(writing, { mode: existing?.mode ?? 0o600 })
  try {
    const lines = await writeTo(stream, texts)
    stream.end()
    await once(stream, 'finish')
    if (isFile) await rename(writing, path)
    return lines
  } catch (error) {
    stream.destroy()
    if (isFile) await unlink(writing).catch(() => undefined)
    throw error
  }
}

async function writeTo(out: NodeJS.WritableStream, texts: AsyncIterable<string | Buffer>): Promise<number> {
  let count = 0
  let failure: unknown
  const failed = (error: unknown) => (failure ??= error)
  out.on('error', failed)
  for await (const text of texts) {
    if (failure) break
    count++
    if (!out.write(text)) await once(out, 'drain')
  }
  out.off('error', failed)
  if (failure) throw failure
  return count
}

function statusesIn(text: string): ReadonlySet<string> {
  const known = text
    .split(',')
    .map((name) => statuses.find((status) => status.toLowerCase() === name.trim().toLowerCase()))
  if (known.some((status) => status === undefined)) throw usageError(`--status takes ${statuses.join(', ')}`)
  return new Set(known.filter((status) => status !== undefined))
}
