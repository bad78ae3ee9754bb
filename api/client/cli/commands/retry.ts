import { readArguments, usageError } from '../arguments.ts'
import { jobText } from '../batch-text.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { openClient } from '../open-client.ts'
import { countText, numberOf } from '../pace.ts'
import { reference } from '../reference.ts'
import { give, say, warn } from '../terminal.ts'
import { watchToItsEnd } from '../watch-batch.ts'

const statuses = ['Failed', 'OutcomeUnknown', 'Expired', 'Cancelled'] as const

/**
 * `retry BATCH` or `retry --job JOB`: begins a new round of attempts for failed, unknown, expired or cancelled jobs.
 */
export const retry: Command = async (argv, terminal, signal) => {
  const ofJob = argv.some((argument) => /^--job(?:=|$)/.test(argument))
  const { values, positionals } = readArguments(argv, reference.retry.options, ofJob ? [] : ['BATCH'])
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
  say(terminal, `${status}: ${numberOf(Matching, 'item')}, ${countText(Retried)} retried`)
  if (Erased > 0)
    warn(terminal, `${countText(Erased)} already erased: submit them again (results ${batchId} --failed-lines FILE)`)
  if (!values.watch || dryRun) give(terminal, retried)
  else return watchToItsEnd(client, batchId, terminal, signal)
  return Erased > 0 ? exitCodes.notAll : exitCodes.ok
}
