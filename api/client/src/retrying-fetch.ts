import { GatewayError, refusalOf } from './gateway-error.ts'
import { openPatience, type OnPause } from './patience.ts'
import { tryOnce, type Fetch } from './try-once.ts'

/** How requests are sent. */
export type Sending = {
  fetch: Fetch
  /** The same for uploads, without a time limit for the answer. */
  upload: Fetch
  /** How long a request is retried, in milliseconds. */
  patienceMs: number
  /** Time limit of one try, in addition to the time that it asks the gateway to wait. */
  timeoutMs: number
  onPause?: OnPause | undefined
}

const STREAMS = new Set<string | null>(['application/x-ndjson', 'text/event-stream'])

/**
 * A Request that keeps the signal passed to it. A Request's own signal follows it only until the Request is garbage
 * collected (Node 20 and 24), which may happen while an answer is still being read.
 */
export class RequestWithSignal extends Request {
  readonly callerSignal: AbortSignal | undefined
  constructor(input: string | URL | Request, init: RequestInit = {}) {
    const { signal, ...rest } = init
    super(input, rest)
    this.callerSignal = signal ?? undefined
  }
}

/**
 * A `fetch` that retries temporary failures: 429 and 503 always, since nothing has been executed then; a request
 * without an answer only if it is idempotent or has an Idempotency-Key. Returns every other answer unchanged.
 */
export function retryingFetch(sending: Sending): (request: Request) => Promise<Response> {
  return async (request) => {
    // a middleware of the caller may have replaced it with a plain Request
    const signal = request instanceof RequestWithSignal ? request.callerSignal : request.signal
    const patience = openPatience({ ...sending, signal })
    for (;;) {
      const result = await answerTo(sending, request, signal)
      if (!(result instanceof GatewayError)) return result
      if (result.status === undefined && !mayBeRepeated(request)) throw result
      await patience.pause(result)
    }
  }
}

async function answerTo(
  { fetch, timeoutMs }: Sending,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Response | GatewayError> {
  const about = { signal, timeoutMs: timeoutMs + waitMsOf(request), streamed: isStreamed(request) }
  try {
    const response = await tryOnce(fetch, request.clone(), about)
    if (response.ok || response.status === 304) return response
    const error = refusalOf(response, await bodyOf(response.clone()))
    return error.mayPass ? error : response
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

/** The parsed body of an answer if it is JSON of any kind, otherwise `undefined`. */
export async function bodyOf(response: Response): Promise<unknown> {
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/.test(response.headers.get('Content-Type') ?? '')
  return isJson ? await response.json().catch(() => undefined) : undefined
}

function mayBeRepeated({ method, headers }: Request): boolean {
  return method !== 'POST' || headers.has('Idempotency-Key')
}

function isStreamed({ headers }: Request): boolean {
  return STREAMS.has(headers.get('Accept'))
}

function waitMsOf({ headers }: Request): number {
  const [, seconds = '0'] = /\bwait=(\d+)/.exec(headers.get('Prefer') ?? '') ?? []
  return Number(seconds) * 1000
}
