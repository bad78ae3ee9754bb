import { readArguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { openClient } from '../open-client.ts'
import { reference } from '../reference.ts'
import { tellBatch, watchToItsEnd } from '../watch-batch.ts'

/** `batch BATCH [--watch]`: shows the state of a batch. */
export const batch: Command = async (argv, terminal, signal) => {
  const { values, positionals } = readArguments(argv, reference.batch.options, ['BATCH'])
  const [batchId = ''] = positionals
  const client = await openClient(terminal, values)
  if (values.watch) return watchToItsEnd(client, batchId, terminal, signal)
  await tellBatch(client, await client.batch(batchId, { signal }), terminal, signal)
  return exitCodes.ok
}
