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

/** How often the gateway is asked how far it is. */
const LOOK_EVERY_MS = 1_000
/** Of the time for one try: this many pass without any movement before an upload counts as stuck; 2 minutes by default. */
const STALL_TIMEOUTS = 4

/** What can be said of an upload. */
export type UploadOptions = CallOptions &
  EmrLogin & {
    /** 1 to 255 characters, the same for the same content; a new one is made if left out. */
    idempotencyKey?: string | undefined
    /** That the key is made from the content, so that an upload known to be complete need not be sent again to be compared. */
    keyNamesContent?: boolean | undefined
    /** Sends it gzipped. Not done where the platform cannot. */
    compress?: boolean | undefined
    /** How long to go on without a single item being accepted, in milliseconds; the client's patience if left out. */
    patienceMs?: number | undefined
    /** Called whenever more of the source has been read, and about once a second with what the gateway has. */
    onProgress?: ((progress: UploadProgress) => void) | undefined
  }

/** How far an upload is. */
export type UploadProgress = {
  /** The tries so far, this one included. Each one begins at the first item, and those that the gateway has are only compared. */
  tries: number
  /** Bytes of the source read in this try: network and buffers hold many of them that the gateway has not seen. */
  bytes: number
  /** The batch as the gateway had it about a second ago, its `Items` on disk; `undefined` before anything is. */
  batch: Batch | undefined
}

/** How far an upload came; `undefined` if the gateway has nothing of it. */
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
 * Uploads a batch and resolves when all of it is on the gateway's disk: its items are being worked on by then. Each item is
 * accepted once, however often the upload has to begin again: that happens by itself, for as long as items get accepted, if
 * the source can be read again. Else the error thrown tells how far it came (`batch`) and with which key to go on
 * (`idempotencyKey`).
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
      // what is very much alike shrinks so far that the gateway takes it for a bomb
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
  // an answer that comes before the end leaves the rest of the body unread: this lets go of both
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
  // any other way with redirects, and Node keeps a copy of the whole body, in memory, to be sent again
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

/** Why there was no answer. What the source throws is for the caller as it is. */
function failureOf(upload: UploadBody, url: string, error: unknown): GatewayError {
  const source = upload.sourceError()
  if (source) throw source.thrown
  return unreachable(url, error)
}

/**
 * How far the upload is by now, from one request that is not tried again; `undefined` if there is no answer. Only this shows progress once
 * all of the source is in buffers between here and the gateway, which can be minutes of its work.
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

/** Looks once a second, the first time after a second: most uploads are over by then. */
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
 * A connection on which nothing moves any more may never break: aborts if for `stallMs` nothing is read of the source and the gateway
 * has no more items than before.
 */
function watchForStall(stallMs: number) {
  const stalled = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  return {
    signal: stalled.signal,
    moved() {
      clearTimeout(timer)
      // the source may still give what it was asked for before the end
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
