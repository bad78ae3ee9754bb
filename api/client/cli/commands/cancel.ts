import { readArguments } from '../arguments.ts'
import { batchText } from '../batch-text.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { openClient } from '../open-client.ts'
import { reference } from '../reference.ts'
import { give, say } from '../terminal.ts'

/** `cancel BATCH` or `cancel --job JOB`: cancels jobs that were never sent to the EMR. */
export const cancel: Command = async (argv, terminal, signal) => {
  const ofJob = argv.some((argument) => /^--job(?:=|$)/.test(argument))
  const { values, positionals } = readArguments(argv, reference.cancel.options, ofJob ? [] : ['BATCH'])
  const client = await openClient(terminal, values)
  if (values.job !== undefined) {
    await client.cancelJob(values.job, { signal })
    give(terminal, { JobId: values.job, Status: 'Cancelled' })
    say(terminal, `job ${values.job} Cancelled`)
    return exitCodes.ok
  }
  const [batchId = ''] = positionals
  const cancelling = await client.cancelBatch(batchId, { signal })
  give(terminal, cancelling)
  say(terminal, batchText(cancelling))
  return exitCodes.ok
}
