import { stat } from 'node:fs/promises'
import { readArguments, usageError } from '../arguments.ts'
import { checkFile, type CheckedItem } from '../check-file.ts'
import type { Command } from '../command.ts'
import { readingOf, type TableReading } from '../csv/reading.ts'
import { formatOf } from '../encounter-file.ts'
import { CliError, exitCodes, type ExitCode } from '../exit-codes.ts'
import { countText, numberOf } from '../pace.ts'
import { reference } from '../reference.ts'
import { give, say, type Terminal } from '../terminal.ts'

const SHOWN = 100
const ROWS_SHOWN = 3

/** `validate FILE`: reports what the gateway would reject, without sending anything. */
export const validate: Command = async (argv, terminal, signal) => {
  const { values, positionals } = readArguments(argv, reference.validate.options, ['FILE'])
  const [path = ''] = positionals
  const max = values.max === undefined ? SHOWN : Number(values.max)
  if (!Number.isInteger(max) || max < 0) throw usageError('--max takes a number')
  const reading = await readingOf(values)
  const show = values.show === undefined ? (terminal.out.isTTY ? ROWS_SHOWN : 0) : Number(values.show)
  if (!Number.isInteger(show) || show < 0) throw usageError('--show takes a number')
  return reportMistakes(path, { format: values.format, max, reading, show }, terminal, signal)
}

/** Validates a file and reports up to `max` mistakes; all are counted. */
export async function reportMistakes(
  path: string,
  about: { format: string | undefined; max: number; reading?: TableReading; show?: number },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const format = formatOf(path, about.format)
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isFile) throw new CliError(exitCodes.noInput, `${path} does not exist or is not a file`)
  const counts = { Items: 0, Invalid: 0, Mistakes: 0 }
  const listed: object[] = []
  for await (const item of checkFile(path, format, signal, about.reading)) {
    counts.Items++
    // contains patient data, so only on a terminal or on request
    if (item.request && counts.Items <= (about.show ?? 0)) {
      say(terminal, `row ${item.line} as it will be sent:\n${JSON.stringify(item.request, undefined, 2)}`)
    }
    if (item.mistakes.length > 0) counts.Invalid++
    for (const mistake of item.mistakes) {
      if (counts.Mistakes++ >= about.max) continue
      if (terminal.json) listed.push({ [format === 'csv' ? 'Row' : 'Line']: item.line, ...mistake })
      else say(terminal, mistakeText(path, format, item, mistake))
    }
  }
  if (counts.Items === 0) throw new CliError(exitCodes.badFile, `${path} contains no encounters`)
  const more = counts.Mistakes - Math.min(counts.Mistakes, about.max)
  if (more > 0) say(terminal, `${countText(more)} more`)
  say(terminal, `${path}: ${numberOf(counts.Items, 'encounter')}, ${countText(counts.Invalid)} not valid`)
  give(terminal, { ...counts, Errors: listed })
  return counts.Invalid > 0 ? exitCodes.notAll : exitCodes.ok
}

function mistakeText(
  path: string,
  format: string,
  { line }: CheckedItem,
  mistake: CheckedItem['mistakes'][number],
): string {
  const { Pointer, Message, Column } = mistake
  const place = format === 'csv' ? `${path}: row ${line}` : `${path}:${line}`
  return [`${place}:`, Column === undefined ? Pointer : `column ${Column}`, Message].filter(Boolean).join(' ')
}
