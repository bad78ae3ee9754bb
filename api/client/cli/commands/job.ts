import { hasEnded } from '../../src/index.ts'
import { millisecondsIn, readArguments } from '../arguments.ts'
import { jobText } from '../batch-text.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { openClient } from '../open-client.ts'
import { reference } from '../reference.ts'
import { give, say } from '../terminal.ts'

/**
 * `job JOB [--wait SECONDS]`: shows the state of a job. Exit code 0 for one that has not ended, unless `--wait` was
 * given.
 */
export const job: Command = async (argv, terminal, signal) => {
  const { values, positionals } = readArguments(argv, reference.job.options, ['JOB'])
  const [jobId = ''] = positionals
  const waitMs = values.wait === undefined ? 0 : millisecondsIn('wait', values.wait)
  const client = await openClient(terminal, values)
  const found =
    waitMs > 0
      ? await client.waitFor(jobId, { signal, waitSeconds: waitMs / 1000 })
      : await client.job(jobId, { signal })
  give(terminal, found)
  say(terminal, jobText(found))
  if (found.Status === 'Succeeded') return exitCodes.ok
  if (hasEnded(found)) return exitCodes.notAll
  return waitMs > 0 ? exitCodes.tryLater : exitCodes.ok
}
