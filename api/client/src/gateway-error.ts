import type { Batch, Problem } from './contract.ts'

const MISTAKES_SHOWN = 5

/** The details of a failed request. */
export type Failure = {
  /** The HTTP status code; `undefined` without an answer. */
  status?: number | undefined
  /** The problem document of the gateway (RFC 9457); `undefined` if something else answered, or nothing. */
  problem?: Problem | undefined
  /** Identifies the request in the gateway's log. */
  requestId?: string | undefined
  /** How long to wait before the next try, as requested by the gateway. */
  retryAfterMs?: number | undefined
  /** For an incomplete upload: its batch so far. */
  batch?: Batch | undefined
  /** With this key the same request can be sent again without being executed twice. */
  idempotencyKey?: string | undefined
  cause?: unknown
}

/**
 * The only error class of this client: the gateway refused a request, or could not be reached in time. Never contains
 * patient data or credentials. An aborted call throws the reason of its signal instead.
 */
export class GatewayError extends Error {
  override name = 'GatewayError'
  readonly status: number | undefined
  readonly problem: Problem | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  readonly batch: Batch | undefined
  readonly idempotencyKey: string | undefined

  constructor(message: string, failure: Failure = {}) {
    super(message, failure.cause === undefined ? undefined : { cause: failure.cause })
    this.status = failure.status
    this.problem = failure.problem
    this.requestId = failure.requestId
    this.retryAfterMs = failure.retryAfterMs
    this.batch = failure.batch
    this.idempotencyKey = failure.idempotencyKey
  }

  /** The kind of problem, such as `idempotency-mismatch`; `undefined` without a problem document. */
  get slug(): string | undefined {
    return this.problem?.type.split(':').at(-1)
  }

  /**
   * Whether the same request may succeed later: without an answer, after 429, 503 or a stalled upload, or if a proxy
   * could not reach the gateway (502 and 504, which the gateway itself sends only with a problem document).
   */
  get mayPass(): boolean {
    const { status } = this
    if (this.slug === 'upload-stalled') return true
    if (status === undefined || status === 429 || status === 503) return true
    return (status === 502 || status === 504) && this.problem === undefined
  }

  /** The same error, with more details. */
  with(more: Pick<Failure, 'batch' | 'idempotencyKey'>): GatewayError {
    const { message, status, problem, requestId, retryAfterMs, batch, idempotencyKey, cause } = this
    return new GatewayError(message, {
      status,
      problem,
      requestId,
      retryAfterMs,
      batch,
      idempotencyKey,
      cause,
      ...more,
    })
  }
}

/** The error for an unsuccessful answer. `body`: its content, parsed if it is JSON. */
export function refusalOf(response: Response, body: unknown): GatewayError {
  const isProblem = response.headers.get('Content-Type')?.startsWith('application/problem+json') ?? false
  const problem = isProblem && typeof body === 'object' && body !== null ? (body as Problem) : undefined
  const failure = {
    status: response.status,
    problem,
    requestId: response.headers.get('X-Request-Id') ?? undefined,
    retryAfterMs: retryAfterMsOf(response.headers.get('Retry-After')),
  }
  if (problem) return new GatewayError(messageOf(problem), failure)
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    return new GatewayError('the address of the gateway answered with a redirect, which is not followed', failure)
  }
  return new GatewayError(`unexpected answer with status ${response.status}: this may not be the gateway`, failure)
}

/** The error for a missing answer. The message of the cause may contain an address, never content. */
export function unreachable(url: string, cause: unknown): GatewayError {
  const code = codeOf(cause) ?? codeOf((cause as { cause?: unknown } | undefined)?.cause)
  const { origin } = new URL(url)
  return new GatewayError(`no answer from ${origin}${code ? ` (${code})` : ''}`, { cause })
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

function messageOf({ title, detail, Errors = [], ErrorsOmitted = 0 }: Problem): string {
  const mistakes = Errors.slice(0, MISTAKES_SHOWN).map(({ Pointer, Message }) => `${Pointer} ${Message}`)
  const more = Errors.length + ErrorsOmitted - mistakes.length
  const listed = [...mistakes, ...(more > 0 ? [`${more} more`] : [])].join('; ')
  return `${title}: ${detail}${listed ? ` (${listed})` : ''}`
}

/** Parses `Retry-After` in both forms: seconds, or a date. */
export function retryAfterMsOf(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(at - now, 0)
}
