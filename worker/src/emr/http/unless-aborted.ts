import { aborted } from './fault.ts'

/**
 * Settles with `work`, which was not begun for this call alone and goes on without it, or throws `EmrError` as soon as
 * the call's signal aborts.
 */
export function unlessAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(aborted(signal, { sent: false, writes: false }))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', onAbort))
}
