import { GatewayError, refusalOf } from './gateway-error.ts'
import { openPatience, type OnPause } from './patience.ts'
import { tryOnce, type Fetch } from './try-once.ts'

/** How requests are sent. */
export type Sending = {
  fetch: Fetch
  /** The same for uploads, whose answer may take as long as it likes. */
  upload: Fetch
  /** How long a request is tried again, in milliseconds. */
  patienceMs: number
  /** How long one try may take, beyond the time it asks the gateway to wait. */
  timeoutMs: number
  onPause?: OnPause | undefined
}

const STREAMS = new Set<string | null>(['application/x-ndjson', 'text/event-stream'])

/**
 * A Request that keeps the signal it was made with. The signal that a Request itself makes of it follows only until the Request is
 * garbage collected (Node 20 and 24), and is deaf from then on, while an answer is still being read.
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
 * A `fetch` that tries again what may pass: 429 and 503 always, since nothing has been done then; a request that got no answer
 * only if it may be done twice or carries an Idempotency-Key. Gives back every other answer as it is.
 */
export function retryingFetch(sending: Sending): (request: Request) => Promise<Response> {
  return async (request) => {
    // a middleware of the caller's own may have put a plain Request in its place
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

/** The body of an answer: parsed if it is JSON of any kind, else `undefined`. */
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
