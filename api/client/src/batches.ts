import { readEvents } from './event-stream.ts'
import type { Batch, BatchItem, BatchRetry } from './contract.ts'
import { contentOf, type Gateway } from './gateway.ts'
import { GatewayError, unreachable } from './gateway-error.ts'
import { signalIn, type CallOptions } from './jobs.ts'
import { openPatience } from './patience.ts'
import { readLines } from './read-lines.ts'
import { TimeoutError } from './try-once.ts'

/** A stream without data for this long is broken: the gateway sends a comment every 15 seconds. */
const SILENCE_MS = 45_000

/** The items of a batch to retry. */
export type RetryOptions = CallOptions & {
  /** Default `Failed`. `OutcomeUnknown` items may exist in the EMR, which is asked first. */
  status?: 'Failed' | 'OutcomeUnknown' | 'Expired' | 'Cancelled' | undefined
  /** Only count them. */
  dryRun?: boolean | undefined
}

/** Gets a batch. */
export async function readBatch(gateway: Gateway, batchId: string, options: CallOptions = {}): Promise<Batch> {
  const about = { params: { path: { BatchId: batchId } }, ...signalIn(options) }
  return contentOf(await gateway.api.GET('/api/v1/Batches/{BatchId}', about))
}

/** Cancels the items that were never sent to the EMR. A 409 if the batch has finished. */
export async function cancelBatch(gateway: Gateway, batchId: string, options: CallOptions = {}): Promise<Batch> {
  const about = { params: { path: { BatchId: batchId } }, ...signalIn(options) }
  return contentOf(await gateway.api.DELETE('/api/v1/Batches/{BatchId}', about))
}

/**
 * Begins a new round of attempts for items that did not succeed. Not retried automatically: the counts would be wrong.
 */
export async function retryBatch(gateway: Gateway, batchId: string, options: RetryOptions = {}): Promise<BatchRetry> {
  const query = { ...(options.status && { Status: options.status }), ...(options.dryRun && { DryRun: true }) }
  const about = { params: { path: { BatchId: batchId }, query }, ...signalIn(options) }
  return contentOf(await gateway.api.POST('/api/v1/Batches/{BatchId}/Retry', about))
}

/**
 * Yields a batch now and after each change, at most twice a second, until it has finished; the finished state is the
 * last one. Reconnects if the connection breaks; nothing is missed, since each state is complete.
 */
export async function* watchBatch(
  gateway: Gateway,
  batchId: string,
  options: CallOptions = {},
): AsyncGenerator<Batch, void, undefined> {
  const { patienceMs, onPause } = gateway.sending
  const patience = openPatience({ patienceMs, signal: options.signal, onPause })
  let lastId: string | undefined
  for (;;) {
    const broken = yield* followStream(lastId)
    if (!broken) return
    await patience.pause(broken)
  }

  async function* followStream(from: string | undefined): AsyncGenerator<Batch, GatewayError | undefined, undefined> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, ...(options.signal ? [options.signal] : [])])
    const result = await gateway.api.GET('/api/v1/Batches/{BatchId}/Events', {
      params: { path: { BatchId: batchId } },
      headers: { Accept: 'text/event-stream', ...(from !== undefined && { 'Last-Event-ID': from }) },
      parseAs: 'stream',
      signal,
    })
    const stream = contentOf(result) as ReadableStream<Uint8Array>
    let silence: ReturnType<typeof setTimeout> | undefined
    const alive = () => {
      clearTimeout(silence)
      silence = setTimeout(() => over.abort(new TimeoutError()), SILENCE_MS)
    }
    alive()
    try {
      for await (const event of readEvents(stream)) {
        alive()
        if (event.type !== 'progress' && event.type !== 'finished') continue
        patience.renew()
        lastId = event.id
        yield JSON.parse(event.data) as Batch
        if (event.type === 'finished') return undefined
      }
      return unreachable(gateway.baseUrl, undefined)
    } catch (error) {
      options.signal?.throwIfAborted()
      return unreachable(gateway.baseUrl, error)
    } finally {
      clearTimeout(silence)
      over.abort()
    }
  }
}

/** Waits for a batch to finish. */
export async function waitForBatch(gateway: Gateway, batchId: string, options: CallOptions = {}): Promise<Batch> {
  for await (const batch of watchBatch(gateway, batchId, options)) if (batch.Status === 'Finished') return batch
  return readBatch(gateway, batchId, options)
}

/**
 * Yields the current result of each item of a batch, in order, without holding them all in memory. If the connection
 * breaks, it continues after the last item received.
 */
export async function* readResults(
  gateway: Gateway,
  batchId: string,
  options: CallOptions = {},
): AsyncGenerator<BatchItem, void, undefined> {
  const { patienceMs, onPause } = gateway.sending
  const patience = openPatience({ patienceMs, signal: options.signal, onPause })
  let next = 0
  for (;;) {
    const result = await gateway.api.GET('/api/v1/Batches/{BatchId}/Results', {
      params: { path: { BatchId: batchId } },
      headers: { Accept: 'application/x-ndjson' },
      parseAs: 'stream',
      ...signalIn(options),
    })
    const lines = readLines(contentOf(result) as ReadableStream<Uint8Array>)
    try {
      for (;;) {
        const line = await nextOf(lines, gateway, options)
        if (line === undefined) return
        const item = JSON.parse(line) as BatchItem
        if (item.ItemIndex < next) continue
        patience.renew()
        next = item.ItemIndex + 1
        yield item
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      await patience.pause(error)
    } finally {
      await lines.return()
    }
  }
}

/**
 * The next line, or a GatewayError if the connection breaks; kept apart from errors that the caller throws at a
 * `yield`.
 */
async function nextOf(
  lines: AsyncGenerator<string, void, undefined>,
  gateway: Gateway,
  options: CallOptions,
): Promise<string | undefined> {
  try {
    const { done, value } = await lines.next()
    return done ? undefined : value
  } catch (error) {
    options.signal?.throwIfAborted()
    throw unreachable(gateway.baseUrl, error)
  }
}
