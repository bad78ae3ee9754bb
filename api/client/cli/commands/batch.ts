import { readArguments } from '../arguments.ts'
import { batchText } from '../batch-text.ts'
import type { Command } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { clientOptions, openClient } from '../open-client.ts'
import { give, say } from '../terminal.ts'
import { watchToItsEnd } from '../watch-batch.ts'

/** `batch BATCH [--watch]`: where a batch stands. */
export const batch: Command = async (argv, terminal, signal) => {
  const options = { ...clientOptions, watch: { type: 'boolean' } } as const
  const { values, positionals } = readArguments(argv, options, ['BATCH'])
  const [batchId = ''] = positionals
  const client = await openClient(terminal, values)
  if (values.watch) return watchToItsEnd(client, batchId, terminal, signal)
  const found = await client.batch(batchId, { signal })
  give(terminal, found)
  say(terminal, batchText(found))
  return exitCodes.ok
}
