import type { EmrSystem, PatientEncounterRequest } from '../../src/index.ts'
import { readArguments, usageError } from '../arguments.ts'
import type { Command } from '../command.ts'
import { readCredentials, requireLogin } from '../credentials.ts'
import { readingOf } from '../csv/reading.ts'
import { formatOf, openEncounterFile } from '../encounter-file.ts'
import { CliError, exitCodes } from '../exit-codes.ts'
import { clientWith } from '../open-client.ts'
import { numberOf } from '../pace.ts'
import { reference } from '../reference.ts'
import { give, say } from '../terminal.ts'

/** `preview FILE --emr EMR`: shows what the first encounter of a file would become at the EMR; sends nothing there. */
export const preview: Command = async (argv, terminal, signal) => {
  const { values, positionals } = readArguments(argv, reference.preview.options, ['FILE'])
  const [path = ''] = positionals
  if (values.emr === undefined) throw usageError('preview requires --emr, the EMR whose messages to show')
  const credentials = await readCredentials(values.credentials, terminal.env)
  const format = formatOf(path, values.format)
  const { first } = await openEncounterFile(path, { format, signal, reading: await readingOf(values) })
  if (!first) throw new CliError(exitCodes.badFile, `the first encounter of ${path} cannot be read; see validate`)
  requireLogin(values.emr, credentials, first)
  const client = clientWith(credentials, terminal, values)
  const shown = await client.preview(values.emr as EmrSystem, first as PatientEncounterRequest, { signal })
  for (const { To, ContentType, Body } of shown.Messages) {
    say(terminal, `${To} (${ContentType})\n${Body.replaceAll('\r', '\n')}\n`)
  }
  for (const pointer of shown.NotCarried) say(terminal, `not carried: ${pointer}`)
  say(terminal, `${numberOf(shown.Messages.length, 'message')}; nothing was stored or sent`)
  give(terminal, shown)
  return exitCodes.ok
}
