import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, stat, unlink } from 'node:fs/promises'
import type { BatchItem, Client } from '../../src/index.ts'
import { readArguments, usageError } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { clientOptions, openClient } from '../open-client.ts'
import { countText } from '../pace.ts'
import { give, say, warn, type Terminal } from '../terminal.ts'

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

type Wanted = { client: Client; batchId: string; only: ReadonlySet<string> | undefined; signal: AbortSignal }

/** `results BATCH [-o FILE]`: one JSON object per item, in their order. To a file, it is there whole or not at all. */
export const results: Command = async (argv, terminal, signal) => {
  const options = {
    ...clientOptions,
    output: { type: 'string', short: 'o' },
    status: { type: 'string' },
    wait: { type: 'boolean', default: false },
  } as const
  const { values, positionals } = readArguments(argv, options, ['BATCH'])
  const [batchId = ''] = positionals
  const only = values.status === undefined ? undefined : statusesIn(values.status)
  const client = await openClient(terminal, values)
  const { Status } = values.wait
    ? await client.waitForBatch(batchId, { signal })
    : await client.batch(batchId, { signal })
  if (Status !== 'Finished') warn(terminal, `the batch is ${Status}: these are the results so far`)
  const wanted = { client, batchId, only, signal }
  const path = values.output
  if (path === undefined || path === '-') await writeLines(terminal.out, wanted)
  else {
    const lines = await writeFile(path, wanted)
    tellWritten(terminal, path, lines)
  }
  return exitCodes.ok
}

function tellWritten(terminal: Terminal, path: string, lines: number): void {
  give(terminal, { File: path, Items: lines })
  say(terminal, `${countText(lines)} results in ${path}`)
}

/** Readable by its owner only, as long as nobody has given it other rights: the results name encounters. */
async function writeFile(path: string, wanted: Wanted): Promise<number> {
  const existing = await stat(path).catch(() => undefined)
  const isFile = existing === undefined || existing.isFile()
  const writing = isFile ? `${path}.partial` : path
  const stream = createWriteStream(writing, { mode: existing?.mode ?? 0o600 })
  try {
    const lines = await writeLines(stream, wanted)
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

async function writeLines(out: NodeJS.WritableStream, { client, batchId, only, signal }: Wanted): Promise<number> {
  let lines = 0
  let failure: unknown
  const failed = (error: unknown) => (failure ??= error)
  out.on('error', failed)
  for await (const item of client.results(batchId, { signal })) {
    if (failure) break
    if (only && !only.has(item.Status)) continue
    lines++
    if (!out.write(`${JSON.stringify(item)}\n`)) await once(out, 'drain')
  }
  out.off('error', failed)
  if (failure) throw failure
  return lines
}

function statusesIn(text: string): ReadonlySet<string> {
  const known = text
    .split(',')
    .map((name) => statuses.find((status) => status.toLowerCase() === name.trim().toLowerCase()))
  if (known.some((status) => status === undefined)) throw usageError(`--status takes ${statuses.join(', ')}`)
  return new Set(known.filter((status) => status !== undefined))
}
