import { isRereadable, openSource, type BatchSource } from './batch-source.ts'
import type { Batch, EmrSystem } from './contract.ts'
import { type Gateway, contentOf } from './gateway.ts'
import { GatewayError, refusalOf, unreachable } from './gateway-error.ts'
import { signalIn, type CallOptions } from './jobs.ts'
import { openPatience } from './patience.ts'
import { newIdempotencyKey, type EmrLogin } from './request-headers.ts'
import { bodyOf, retryingFetch } from './retrying-fetch.ts'
import { TimeoutError } from './try-once.ts'
import { openUploadBody, type UploadBody } from './upload-body.ts'

/** How often the progress is read from the gateway. */
const LOOK_EVERY_MS = 1_000
/**
 * An upload counts as stalled after this many times the time limit of one try without progress; 2 minutes by default.
 */
const STALL_TIMEOUTS = 4

/** The options of an upload. */
export type UploadOptions = CallOptions &
  EmrLogin & {
    /** 1 to 255 characters, the same for the same content. Default: a new key. */
    idempotencyKey?: string | undefined
    /** The key is derived from the content: an upload known to be complete need not be sent again for comparison. */
    keyNamesContent?: boolean | undefined
    /** Compress with gzip, if the platform supports it. */
    compress?: boolean | undefined
    /** How long to retry without any item being accepted, in milliseconds. Default: the patience of the client. */
    patienceMs?: number | undefined
    /** Called whenever more of the source has been read, and about once per second with the gateway's progress. */
    onProgress?: ((progress: UploadProgress) => void) | undefined
  }

/** The progress of an upload. */
export type UploadProgress = {
  /**
   * Number of tries, including this one. Each try begins at the first item; items that the gateway has are only
   * compared.
   */
  tries: number
  /** Bytes of the source read in this try; many of them may still be in buffers on their way to the gateway. */
  bytes: number
  /** The batch at the gateway about a second ago, with `Items` on disk; `undefined` before the first item is. */
  batch: Batch | undefined
}

/** Finds the batch of an upload; `undefined` if the gateway has received nothing of it. */
export async function findUpload(
  gateway: Gateway,
  emrSystem: EmrSystem,
  idempotencyKey: string,
  options: CallOptions & EmrLogin & { fetch?: (request: Request) => Promise<Response> } = {},
): Promise<Batch | undefined> {
  const { fetch } = options
  const result = await gateway.api.GET('/api/v1/{EMRSystem}/PatientEncounters/Batch', {
    params: { path: { EMRSystem: emrSystem } },
    headers: { ...gateway.loginFor(options), 'Idempotency-Key': idempotencyKey },
    ...signalIn(options),
    ...(fetch && { fetch }),
  })
  if (result.response.status === 404) {
    const refusal = refusalOf(result.response, result.error)
    if (refusal.slug === 'not-found') return undefined
    throw refusal
  }
  return contentOf(result)
}

/**
 * Uploads a batch and resolves when all of it is durable; its items are processed as they arrive. Each item is accepted
 * once, even if the upload restarts. If the source can be read again, it restarts automatically as long as items are
 * accepted. Otherwise the error contains the progress (`batch`) and the key to resume with (`idempotencyKey`).
 */
export async function uploadBatch(
  gateway: Gateway,
  emrSystem: EmrSystem,
  source: BatchSource,
  options: UploadOptions = {},
): Promise<Batch> {
  const idempotencyKey = options.idempotencyKey ?? newIdempotencyKey()
  const rereadable = isRereadable(source)
  let compress = options.compress ?? false
  let itemsBefore = 0
  const patience = openPatience({
    patienceMs: options.patienceMs ?? gateway.sending.patienceMs,
    signal: options.signal,
    onPause: gateway.sending.onPause,
  })
  for (let tries = 1; ; tries++) {
    options.signal?.throwIfAborted()
    const result = await sendOnce(gateway, emrSystem, source, { ...options, idempotencyKey, compress, tries })
    if (result.kind === 'received') return result.batch
    const { error } = result
    if (error.status === 413 && compress && rereadable) {
      // very similar items compress so well that the gateway takes the upload for a decompression bomb
      compress = false
      continue
    }
    const batch = await findUpload(gateway, emrSystem, idempotencyKey, options).catch(unlessItMayPass(options.signal))
    const known = error.with({ batch, idempotencyKey })
    if (!known.mayPass) throw known
    if (batch?.ReceivedAt && (options.keyNamesContent || (!rereadable && result.isRead))) return batch
    if (!rereadable) throw known
    if ((batch?.Items ?? 0) > itemsBefore) patience.renew()
    itemsBefore = batch?.Items ?? itemsBefore
    await patience.pause(known)
  }
}

type Try = UploadOptions & { idempotencyKey: string; compress: boolean; tries: number }
type Sent = { kind: 'received'; batch: Batch } | { kind: 'failed'; error: GatewayError; isRead: boolean }

async function sendOnce(gateway: Gateway, emrSystem: EmrSystem, source: BatchSource, options: Try): Promise<Sent> {
  const url = `${gateway.baseUrl}/api/v1/${encodeURIComponent(emrSystem)}/PatientEncounters/Batch`
  const { idempotencyKey, compress, tries, onProgress } = options
  const stall = watchForStall(STALL_TIMEOUTS * gateway.sending.timeoutMs)
  let bytes = 0
  let batch: Batch | undefined
  const upload = await openUploadBody(openSource(source), {
    compress,
    onBytes: (more) => {
      stall.moved()
      onProgress?.({ bytes: (bytes += more), tries, batch })
    },
  })
  const headers = {
    ...gateway.identity,
    ...gateway.loginFor(options),
    ...upload.headers,
    'Idempotency-Key': idempotencyKey,
  }
  // an early answer leaves the rest of the body unread: this releases both
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, stall.signal, ...(options.signal ? [options.signal] : [])])
  const { body, init } = upload
  stall.moved()
  const looking = lookEverySecond(
    () => lookOnce(gateway, emrSystem, idempotencyKey, { ...options, signal: over.signal }),
    (seen) => {
      if (seen.Items !== batch?.Items) stall.moved()
      batch = seen
      onProgress?.({ bytes, tries, batch })
    },
  )
  // with any other redirect mode, Node keeps a copy of the whole body in memory
  try {
    const response = await gateway.sending.upload(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal,
      ...init,
    })
    const content = await bodyOf(response)
    if (response.status === 202 && content) return { kind: 'received', batch: content as Batch }
    return { kind: 'failed', error: refusalOf(response, content), isRead: upload.isRead() }
  } catch (error) {
    options.signal?.throwIfAborted()
    return { kind: 'failed', error: failureOf(upload, url, error), isRead: upload.isRead() }
  } finally {
    looking.stop()
    over.abort()
    stall.stop()
    upload.close()
  }
}

/** The error for a missing answer. Errors of the source are rethrown unchanged. */
function failureOf(upload: UploadBody, url: string, error: unknown): GatewayError {
  const source = upload.sourceError()
  if (source) throw source.thrown
  return unreachable(url, error)
}

/**
 * Reads the progress of the upload, with one request that is not retried; `undefined` without an answer. Once the whole
 * source is in buffers on the way to the gateway, which can be minutes of its work, only this shows progress.
 */
async function lookOnce(
  gateway: Gateway,
  emrSystem: EmrSystem,
  idempotencyKey: string,
  options: CallOptions & EmrLogin,
): Promise<Batch | undefined> {
  const sending = { ...gateway.sending, patienceMs: 0 }
  const about = { ...options, fetch: retryingFetch(sending) }
  return findUpload(gateway, emrSystem, idempotencyKey, about).catch(() => undefined)
}

/** Reads the progress once per second, first after one second, when most uploads are complete. */
function lookEverySecond(look: () => Promise<Batch | undefined>, seen: (batch: Batch) => void): { stop(): void } {
  let stopped = false
  let timer: ReturnType<typeof setTimeout>
  const again = () => {
    timer = setTimeout(() => {
      void look().then((batch) => {
        if (stopped) return
        if (batch) seen(batch)
        again()
      })
    }, LOOK_EVERY_MS)
  }
  again()
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

/**
 * Aborts a stalled upload: for `stallMs`, nothing was read from the source and the gateway received no items. A dead
 * connection may never report an error.
 */
function watchForStall(stallMs: number) {
  const stalled = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  return {
    signal: stalled.signal,
    moved() {
      clearTimeout(timer)
      // the source may still return a piece requested before the end
      if (!stopped) timer = setTimeout(() => stalled.abort(new TimeoutError()), stallMs)
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

function unlessItMayPass(signal: AbortSignal | undefined) {
  return (error: unknown) => {
    signal?.throwIfAborted()
    if (error instanceof GatewayError && error.mayPass) return undefined
    throw error
  }
}
