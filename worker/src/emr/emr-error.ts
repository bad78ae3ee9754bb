const LONGEST_WAIT_MS = 15 * 60_000
/** Pause after an EMR's 429 that does not specify one. */
const BUSY_MS = 1_000

/** The seed's response codes other than 201: how an EMR's refusal or silence is reported to clients. */
export type EmrErrorCode = 400 | 401 | 403 | 408 | 500 | 502

/**
 * Why no encounter was returned. It answers two questions: may the call be tried again, and is the outcome known?
 * `message` is ours, from a closed vocabulary: an EMR's own text never goes in, since it may quote the patient.
 */
export class EmrError extends Error {
  override name = 'EmrError'
  readonly code: EmrErrorCode
  /** `true`: the EMR may have created the encounter although no answer confirms it. */
  readonly outcomeUnknown: boolean
  /** `true`: the EMR itself has answered, so it is no longer working on the request. */
  readonly answered: boolean
  /** `false` stops the job at once; by default only 408 and 502 are tried again. */
  readonly retry: boolean
  /**
   * The EMR's own `Retry-After`, in milliseconds, at most a quarter of an hour: a mistake of an EMR must not stop it
   * for years.
   */
  readonly retryAfterMs: number | undefined
  /** JSON Pointers into the request that the EMR objected to, if it names them. */
  readonly pointers: string[]
  /**
   * Why the call does not count as an attempt: it reached nobody who could have acted on it (`unreachable`), or was
   * turned away unread (`busy`).
   */
  readonly unspent: 'unreachable' | 'busy' | undefined
  /** Whose login the EMR refused: that of the job's own credentials, or the one that the connection is configured with. */
  readonly refusedLogin: 'job' | 'gateway' | undefined

  constructor(
    code: EmrErrorCode,
    message: string,
    about: {
      outcomeUnknown?: boolean
      answered?: boolean
      retry?: boolean
      retryAfterMs?: number | undefined
      pointers?: string[]
      unspent?: 'unreachable' | 'busy'
      refusedLogin?: 'job' | 'gateway' | undefined
    } = {},
  ) {
    super(message)
    this.code = code
    this.outcomeUnknown = about.outcomeUnknown ?? code === 408
    this.answered = about.answered ?? false
    this.retry = about.retry ?? (code === 408 || code === 502)
    this.retryAfterMs = about.retryAfterMs === undefined ? undefined : Math.min(about.retryAfterMs, LONGEST_WAIT_MS)
    this.pointers = about.pointers ?? []
    this.unspent = about.unspent
    this.refusedLogin = about.refusedLogin
  }
}

/** The default text of each refusal. */
const refusals = {
  400: 'the EMR did not accept the content',
  401: 'the EMR did not accept the login',
  403: 'the EMR does not allow the user to do this',
}

/** Nothing was created, and the same request would be refused again. `pointers` name the fields at fault, if known. */
export function refused(
  code: keyof typeof refusals,
  { because = refusals[code], pointers = [] }: { because?: string; pointers?: string[] } = {},
): EmrError {
  return new EmrError(code, because, { pointers })
}

/** The EMR has refused a login: another try with the same credentials would bring the account nearer to its lock. */
export function loginRefused(refusedLogin: 'job' | 'gateway' = 'job', because: string = refusals[401]): EmrError {
  return new EmrError(401, because, { refusedLogin })
}

/**
 * The EMR accepts no requests for now: nothing was done. Always with a pause, one second if the EMR names none: without
 * one it would count as a fault of the EMR and open the breaker.
 */
export function busy(retryAfterMs = BUSY_MS): EmrError {
  const about = { outcomeUnknown: false, retryAfterMs, unspent: 'busy' } as const
  return new EmrError(502, 'the EMR is not accepting requests at present', about)
}

/** The request surely reached nobody, or nobody who could have acted on it. */
export function unreachable(because: string): EmrError {
  return new EmrError(502, because, { outcomeUnknown: false, unspent: 'unreachable' })
}

/** A call without a usable answer. `writes`: the call could have created something. */
export type Unanswered = { writes: boolean; answered?: boolean; retryAfterMs?: number | undefined }

/** No answer in time, or the EMR itself reports that it ran out of time. */
export function noAnswer({ writes, ...about }: Unanswered, because = 'the EMR did not answer in time'): EmrError {
  return new EmrError(408, because, { outcomeUnknown: writes, ...about })
}

/** The EMR reports that it failed, or breaks off. */
export function brokenOff(
  { writes, ...about }: Unanswered,
  because = 'the EMR could not complete the request',
): EmrError {
  return new EmrError(502, because, { outcomeUnknown: writes, ...about })
}

/** An answer arrived, but it is too large, cut short, or in an unexpected form: as good as none. */
export function unreadable(writes: boolean): EmrError {
  return brokenOff({ writes }, "the EMR's answer could not be read")
}

/**
 * This may not be the configured EMR, or it is set up differently: nothing was created, and only an operator can fix
 * it.
 */
export function notAgreed(because = 'unexpected answer: this may not be the configured EMR'): EmrError {
  return new EmrError(502, because, { outcomeUnknown: false, retry: false })
}
