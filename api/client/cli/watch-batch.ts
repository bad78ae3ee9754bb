import type { Batch, Client } from '../src/index.ts'
import { batchText, endedItems, failuresText, isAllWell } from './batch-text.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { failureReasons, reasonText } from './failure-reasons.ts'
import { countText, numberOf } from './pace.ts'
import { openProgress } from './progress.ts'
import { Interrupted } from './signals.ts'
import { give, say, type Terminal } from './terminal.ts'

const REASONS_SHOWN = 10

/** Shows the progress of a batch until it has finished, then its outcome. */
export async function watchToItsEnd(
  client: Client,
  batchId: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  return tellBatch(client, await followToItsEnd(client, batchId, terminal, signal), terminal, signal)
}

/** Shows the state of a batch and, if it has finished, the failure reasons with counts and the first lines of each. */
export async function tellBatch(
  client: Client,
  batch: Batch,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { BatchId } = batch
  const hasFailures = batch.Status === 'Finished' && !isAllWell(batch)
  say(terminal, batchText(batch))
  if (!hasFailures) {
    give(terminal, batch)
    return exitCodes.ok
  }
  const Reasons = await failureReasons(client, BatchId, signal)
  give(terminal, { ...batch, Reasons })
  for (const reason of Reasons.slice(0, REASONS_SHOWN)) say(terminal, `  ${reasonText(reason)}`)
  if (Reasons.length > REASONS_SHOWN) say(terminal, `  and ${numberOf(Reasons.length - REASONS_SHOWN, 'more reason')}`)
  say(terminal, `to list them: encounter-gateway results ${BatchId} --status ${statusesToSee(batch)}`)
  return exitCodes.notAll
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
      progress.show({
        done: endedItems(batch),
        total: batch.Accepted,
        failures: failuresText(batch),
        note: `${countText(batch.Succeeded)} succeeded`,
      })
      if (batch.Status === 'Finished') return batch
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    const again = `watch it with: encounter-gateway batch ${batchId} --watch`
    throw new Interrupted(error.exitCode, `interrupted; batch ${batchId} continues; ${again}`)
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
