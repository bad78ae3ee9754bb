import { GatewayError, type Batch, type BatchItem, type Client, type EmrSystem } from '../../src/index.ts'
import { readArguments, usageError } from '../arguments.ts'
import { batchText } from '../batch-text.ts'
import type { Command } from '../command.ts'
import { anotherKey, formatOf, isKeyOf, openEncounterFile, type EncounterFile } from '../encounter-file.ts'
import { readingOf } from '../csv/reading.ts'
import { readCredentials, requireLogin } from '../credentials.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import { clientWith } from '../open-client.ts'
import { countText, numberOf } from '../pace.ts'
import { reference } from '../reference.ts'
import { Interrupted } from '../signals.ts'
import { asClause, give, quoted, say, type Terminal } from '../terminal.ts'
import { uploadFile } from '../upload-file.ts'
import { watchToItsEnd } from '../watch-batch.ts'

const LAST_LOOK_MS = 3_000
const MISTAKES_SHOWN = 20

/** A file to submit, with its target and its key. */
type Submission = {
  client: Client
  emrSystem: EmrSystem
  path: string
  file: EncounterFile
  idempotencyKey: string
  /** The command that resumes it. */
  resumeWith: string
}

/** `submit FILE --emr EMR`: uploads a file as a batch, once; with `--watch` waits until all of it has ended. */
export const submit: Command = async (argv, terminal, signal) => {
  const { values, positionals } = readArguments(argv, reference.submit.options, ['FILE'])
  const [path = ''] = positionals
  if (values.emr === undefined) throw usageError('submit requires --emr, the EMR to create the encounters in')
  if (values.new && (values.resume || values.key !== undefined))
    throw usageError('--new cannot be combined with --resume or --key')
  const credentials = await readCredentials(values.credentials, terminal.env)
  const format = formatOf(path, values.format)
  const reading = await readingOf(values)
  if (values.check) {
    const { reportMistakes } = await import('./validate.ts')
    const quiet = { ...terminal, json: false, out: terminal.err }
    const checked = await reportMistakes(path, { format, max: 100, reading }, quiet, signal)
    if (checked !== exitCodes.ok) return checked
  }
  const file = await openEncounterFile(path, { format, signal, reading })
  requireLogin(values.emr, credentials, file.first)
  const client = clientWith(credentials, terminal, values)
  const idempotencyKey = values.key ?? (values.new ? anotherKey(file.idempotencyKey) : file.idempotencyKey)
  const named = [
    ['--emr', values.emr],
    ['--instance', values.instance],
    ['--format', values.format],
    ['--columns', values.columns],
    ['--date-format', values['date-format']],
    ['--time-zone', values['time-zone']],
    ['--credentials', values.credentials],
    ['--key', idempotencyKey === file.idempotencyKey ? undefined : idempotencyKey],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${quoted(value)}`]))
  const resumeWith = ['encounter-gateway submit', quoted(path), ...named, '--resume'].join(' ')
  const emrSystem = values.emr as EmrSystem
  const submission = { client, emrSystem, path, file, idempotencyKey, resumeWith }

  const earlier = values.new ? undefined : await client.findUpload(emrSystem, idempotencyKey, { signal })
  if (earlier && !values.resume) throw submittedBefore(submission, earlier)
  const isComplete = earlier?.ReceivedAt !== undefined && isKeyOf(file, idempotencyKey)
  const batch = isComplete ? earlier : await upload(submission, { compress: !values['no-compress'] }, terminal, signal)
  tellUploaded(terminal, submission, batch)
  if (values.watch) return watchToItsEnd(client, batch.BatchId, terminal, signal)
  give(terminal, batch)
  return batch.Rejected > 0 ? exitCodes.notAll : exitCodes.ok
}

async function upload(
  { client, emrSystem, file, idempotencyKey, resumeWith }: Submission,
  { compress }: { compress: boolean },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Batch> {
  const goOn = `resume with: ${resumeWith}`
  try {
    return await uploadFile(client, emrSystem, file, { idempotencyKey, compress, terminal, signal })
  } catch (error) {
    if (error instanceof GatewayError && error.mayPass) {
      throw new CliError(exitCodes.tryLater, `${asClause(error.message)}; ${reachText(error.batch)}; ${goOn}`)
    }
    if (!(error instanceof Interrupted)) throw error
    const look = { signal: AbortSignal.timeout(LAST_LOOK_MS) }
    const reached = await client.findUpload(emrSystem, idempotencyKey, look).catch(() => undefined)
    throw new Interrupted(error.exitCode, `interrupted; ${reachText(reached)}; ${goOn}`)
  }
}

function reachText(batch: Batch | undefined): string {
  return batch
    ? `batch ${batch.BatchId} has ${numberOf(batch.Items, 'item')} so far`
    : 'the gateway may have received a part'
}

function submittedBefore({ resumeWith }: Submission, batch: Batch): CliError {
  const state = batch.ReceivedAt ? 'was submitted before' : 'was submitted before, but not completely'
  const what = `--resume continues that batch, --new creates every encounter again:\n  ${resumeWith}`
  return new CliError(exitCodes.submittedBefore, `this file ${state}: ${batchText(batch)}\n${what}`)
}

function tellUploaded(terminal: Terminal, { file }: Submission, batch: Batch): void {
  const { BatchId, Accepted, Rejected, Rejections = [] } = batch
  say(terminal, `batch ${BatchId}: ${countText(Accepted)} accepted, ${countText(Rejected)} rejected`)
  const mistakes = Rejections.flatMap((rejection) => mistakesOf(file, rejection))
  for (const mistake of mistakes.slice(0, MISTAKES_SHOWN)) say(terminal, `  ${mistake}`)
  if (mistakes.length > MISTAKES_SHOWN || Rejected > Rejections.length) {
    say(terminal, `  to list all: encounter-gateway results ${BatchId} --status Rejected`)
  }
}

function mistakesOf(
  file: EncounterFile,
  { Line = 0, Problem }: Pick<BatchItem, 'Line'> & { Problem: NonNullable<BatchItem['Problem']> },
) {
  const { Errors = [], detail } = Problem
  const place = file.placeOf(Line)
  return Errors.length > 0
    ? Errors.map(({ Pointer, Message }) => `${place}: ${Pointer} ${Message}`)
    : [`${place}: ${detail}`]
}
