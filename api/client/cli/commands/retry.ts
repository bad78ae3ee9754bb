import { readArguments, usageError } from '../arguments.ts'
import { jobText } from '../batch-text.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { clientOptions, openClient } from '../open-client.ts'
import { countText } from '../pace.ts'
import { give, say, warn } from '../terminal.ts'
import { watchToItsEnd } from '../watch-batch.ts'

const statuses = ['Failed', 'OutcomeUnknown', 'Expired', 'Cancelled'] as const

/** `retry BATCH` or `retry --job JOB`: a new round of attempts for what has failed, is in doubt, has expired or was cancelled. */
export const retry: Command = async (argv, terminal, signal) => {
  const options = {
    ...clientOptions,
    job: { type: 'string' },
    status: { type: 'string', default: 'Failed' },
    'dry-run': { type: 'boolean', default: false },
    watch: { type: 'boolean' },
  } as const
  const ofJob = argv.some((argument) => /^--job(?:=|$)/.test(argument))
  const { values, positionals } = readArguments(argv, options, ofJob ? [] : ['BATCH'])
  const status = statuses.find((each) => each.toLowerCase() === values.status.toLowerCase())
  if (!status) throw usageError(`--status takes ${statuses.join(' or ')}`)
  const client = await openClient(terminal, values)
  if (values.job !== undefined) {
    const job = await client.retryJob(values.job, { signal })
    give(terminal, job)
    say(terminal, jobText(job))
    return exitCodes.ok
  }

  const [batchId = ''] = positionals
  const dryRun = values['dry-run']
  const retried = await client.retryBatch(batchId, { status, dryRun, signal })
  const { Matching, Retried, Erased } = retried
  say(terminal, `${countText(Matching)} items are ${status}, ${countText(Retried)} are tried again`)
  if (Erased > 0) warn(terminal, `${countText(Erased)} are no longer kept and must be submitted again`)
  if (!values.watch || dryRun) give(terminal, retried)
  else return watchToItsEnd(client, batchId, terminal, signal)
  return Erased > 0 ? exitCodes.notAll : exitCodes.ok
}
