const LONGEST_WAIT_MS = 15 * 60_000
/** After an EMR's 429 that does not say how long to wait. */
const BUSY_MS = 1_000

/** The seed's response codes that are not 201: what an EMR's refusal or silence is called from outside. */
export type EmrErrorCode = 400 | 401 | 403 | 408 | 500 | 502

/**
 * Why no encounter came back, answering two questions: may it be tried again, and do we know what happened?
 * `message` is ours, from a closed vocabulary: an EMR's own text never goes in, since it may quote the patient.
 */
export class EmrError extends Error {
  override name = 'EmrError'
  readonly code: EmrErrorCode
  /** `true`: the EMR may have created the encounter although we have no answer that says so. */
  readonly outcomeUnknown: boolean
  /** `true`: the EMR itself has answered, so it is no longer at work on the request. */
  readonly answered: boolean
  /** `false` stops the job at once; by default 408 and 502 are tried again and nothing else is. */
  readonly retry: boolean
  /** The EMR's own `Retry-After`, milliseconds, at most a quarter of an hour: one slip of an EMR must not stop it for years. */
  readonly retryAfterMs: number | undefined
  /** JSON Pointers into the request that the EMR objected to, where it names them. */
  readonly pointers: string[]

  constructor(
    code: EmrErrorCode,
    message: string,
    about: {
      outcomeUnknown?: boolean
      answered?: boolean
      retry?: boolean
      retryAfterMs?: number | undefined
      pointers?: string[]
    } = {},
  ) {
    super(message)
    this.code = code
    this.outcomeUnknown = about.outcomeUnknown ?? code === 408
    this.answered = about.answered ?? false
    this.retry = about.retry ?? (code === 408 || code === 502)
    this.retryAfterMs = about.retryAfterMs === undefined ? undefined : Math.min(about.retryAfterMs, LONGEST_WAIT_MS)
    this.pointers = about.pointers ?? []
  }
}

/** What each refusal says where there is nothing more exact to say. */
const refusals = {
  400: 'the EMR did not accept the content',
  401: 'the EMR did not accept the login',
  403: 'the EMR does not allow this to the user',
}

/** Nothing was created, and the same request would be refused again. `pointers` name the fields at fault, where they are known. */
export function refused(
  code: keyof typeof refusals,
  { because = refusals[code], pointers = [] }: { because?: string; pointers?: string[] } = {},
): EmrError {
  return new EmrError(code, because, { pointers })
}

/**
 * The EMR takes no more for now: nothing was done. Always with a pause, a second if the EMR names none: without one it would count as a
 * fault of the EMR and open the breaker.
 */
export function busy(retryAfterMs = BUSY_MS): EmrError {
  return new EmrError(502, 'the EMR takes no more requests for now', { outcomeUnknown: false, retryAfterMs })
}

/** The request surely reached nobody, or nobody who could have acted on it. */
export function unreachable(because: string): EmrError {
  return new EmrError(502, because, { outcomeUnknown: false })
}

/** How a call went that has no usable answer. `writes`: seeing it can create something. */
export type Unanswered = { writes: boolean; answered?: boolean; retryAfterMs?: number | undefined }

/** No answer in time, or the EMR's own word that it ran out of time. */
export function noAnswer({ writes, ...about }: Unanswered, because = 'the EMR did not answer in time'): EmrError {
  return new EmrError(408, because, { outcomeUnknown: writes, ...about })
}

/** The EMR says that it could not do it, or breaks off. */
export function brokenOff({ writes, ...about }: Unanswered, because = 'the EMR could not do it'): EmrError {
  return new EmrError(502, because, { outcomeUnknown: writes, ...about })
}

/** An answer came, but it is too large, cut short, or in no agreed form: as good as none. */
export function unreadable(writes: boolean): EmrError {
  return brokenOff({ writes }, 'the answer of the EMR could not be read')
}

/** This may not be the configured EMR, or it is not set up as agreed: nothing was created, and only an operator can mend it. */
export function notAgreed(because = 'the EMR answered as was not agreed'): EmrError {
  return new EmrError(502, because, { outcomeUnknown: false, retry: false })
}
