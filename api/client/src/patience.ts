import type { GatewayError } from './gateway-error.ts'

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 15_000

/** Told before each pause that is made because a request could not be done. */
export type OnPause = (pause: { error: GatewayError; pauseMs: number }) => void

/** How long something is tried again, and how long to wait between two tries. */
export type Patience = {
  /** Something went well: the time begins anew. */
  renew(): void
  /**
   * Waits before the next try: as long as the gateway asked for, else longer from try to try, never in step with others.
   * Throws the error if that would take longer than there is patience for, and the signal's reason once it is aborted.
   */
  pause(error: GatewayError): Promise<void>
}

/** `patienceMs`: how long it may go on without anything going well; 0 tries once. */
export function openPatience(about: {
  patienceMs: number
  signal?: AbortSignal | undefined
  onPause?: OnPause | undefined
  now?: () => number
}): Patience {
  const { now = Date.now } = about
  let since = now()
  let tries = 0
  return {
    renew() {
      since = now()
      tries = 0
    },
    async pause(error) {
      const backoffMs = Math.min(FIRST_PAUSE_MS * 2 ** tries++, LONGEST_PAUSE_MS)
      const pauseMs = Math.ceil((error.retryAfterMs ?? 0) + backoffMs * (0.5 + Math.random() / 2))
      if (now() - since + pauseMs > about.patienceMs) throw error
      about.onPause?.({ error, pauseMs })
      await pauseFor(pauseMs, about.signal)
    },
  }
}

/** Resolves after so many milliseconds; throws the signal's reason if that comes first. */
export function pauseFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abort, { once: true })
  })
}
