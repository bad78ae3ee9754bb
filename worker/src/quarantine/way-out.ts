import { DelayedError, RateLimitError, UnrecoverableError, Worker } from 'bullmq'
import { TryAgain } from '../attempts/create-encounter.ts'
import type { WayOut } from './messages.ts'

/** What a processor threw, in the form that one process sends to the other. */
export function wayOutOf(error: unknown): WayOut {
  if (error instanceof RateLimitError) return { kind: 'parked' }
  if (error instanceof DelayedError) return { kind: 'delayed' }
  if (error instanceof TryAgain) return { kind: 'again', code: error.code, delayMs: error.delayMs }
  const message = error instanceof Error ? error.message : 'unknown'
  return { kind: error instanceof UnrecoverableError ? 'failed' : 'fault', message }
}

/** Returns or throws in the worker what the processor did in the quarantine process. */
export function takeWayOut(wayOut: WayOut): void {
  switch (wayOut.kind) {
    case 'done':
      return
    case 'parked':
      throw Worker.RateLimitError()
    case 'delayed':
      throw new DelayedError()
    case 'again':
      throw new TryAgain(wayOut.code, wayOut.delayMs)
    case 'failed':
      throw new UnrecoverableError(wayOut.message)
    case 'fault':
      throw new Error(wayOut.message)
  }
}
