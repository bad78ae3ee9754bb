import type { GatewayError } from './gateway-error.ts'

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 15_000

/** Called before each pause after a failed request. */
export type OnPause = (pause: { error: GatewayError; pauseMs: number }) => void

/** Limits how long an operation is retried, and waits between two tries. */
export type Patience = {
  /** Restarts the time after a success. */
  renew(): void
  /**
   * Waits before the next try: as long as the gateway requested, plus an exponential backoff with jitter. Throws the
   * error if the pause would exceed the patience, and the reason of the signal if that is aborted.
   */
  pause(error: GatewayError): Promise<void>
}

/** `patienceMs`: the maximum time without a success; 0 means a single try. */
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

/** Resolves after `ms` milliseconds; throws the reason of the signal if that is aborted first. */
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
