import type { Batch } from '@encounter-gateway/shared/contract/batch.ts'
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 500
const HEARTBEAT_MS = 15_000

/** Identifies a state of a batch: equal ids mean equal status and counts. */
function idOf(batch: Batch): string {
  const { Status, Items, Queued, Running, Succeeded, Failed, OutcomeUnknown, Cancelled, Expired } = batch
  return [Status, Items, Queued, Running, Succeeded, Failed, OutcomeUnknown, Cancelled, Expired].join('-')
}

/**
 * Streams the progress of a batch as server-sent events (HTML Living Standard, 9.2): `progress` with the batch at once
 * and after each change, `finished` at its end. Each event contains the whole state, so a client that reconnects with a
 * Last-Event-ID misses nothing and gets no event until the state differs. Ends with the batch, when `signal` aborts, or
 * when the batch no longer exists.
 */
export async function* batchEvents(
  read: () => Promise<Batch | undefined>,
  lastId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let told = lastId
  let quietSince = performance.now()
  yield 'retry: 2000\n\n'
  while (!signal.aborted) {
    const batch = await read()
    if (!batch) return
    const id = idOf(batch)
    if (id !== told) {
      const finished = batch.Status === 'Finished'
      yield `event: ${finished ? 'finished' : 'progress'}\nid: ${id}\ndata: ${JSON.stringify(batch)}\n\n`
      told = id
      quietSince = performance.now()
    }
    if (batch.Status === 'Finished') return
    if (performance.now() - quietSince > HEARTBEAT_MS) {
      yield ': still here\n\n'
      quietSince = performance.now()
    }
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}
