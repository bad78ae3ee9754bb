import type { Batch, Client } from '../src/index.ts'
import { batchText, endedItems, isAllWell, outcomesText } from './batch-text.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { countText } from './pace.ts'
import { openProgress } from './progress.ts'
import { Interrupted } from './signals.ts'
import { give, say, type Terminal } from './terminal.ts'

/** Shows a batch's progress until it has finished, and says how it ended. */
export async function watchToItsEnd(
  client: Client,
  batchId: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const batch = await followToItsEnd(client, batchId, terminal, signal)
  give(terminal, batch)
  say(terminal, batchText(batch))
  if (!isAllWell(batch))
    say(terminal, `which ones: encounter-gateway results ${batchId} --status ${statusesToSee(batch)}`)
  return isAllWell(batch) ? exitCodes.ok : exitCodes.notAll
}

async function followToItsEnd(
  client: Client,
  batchId: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Batch> {
  using progress = openProgress(terminal, { label: 'Work', amount: countText })
  try {
    for await (const batch of client.watchBatch(batchId, { signal })) {
      progress.show({ done: endedItems(batch), total: batch.Accepted, note: outcomesText(batch) })
      if (batch.Status === 'Finished') return batch
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    const again = `look again: encounter-gateway batch ${batchId} --watch`
    throw new Interrupted(error.exitCode, `interrupted; batch ${batchId} goes on without you; ${again}`)
  }
  return client.batch(batchId, { signal })
}

function statusesToSee({ Failed, OutcomeUnknown, Cancelled, Expired, Rejected }: Batch): string {
  const counts = { Failed, OutcomeUnknown, Cancelled, Expired, Rejected }
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([status]) => status)
    .join(',')
}
