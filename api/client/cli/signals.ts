import { exitCodes, type ExitCode } from './exit-codes.ts'

/** A signal has ended the command; has the exit code for it. */
export class Interrupted extends Error {
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode, message = 'interrupted') {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * Aborts `signal` at the first Ctrl-C, SIGTERM or SIGHUP, so that a command can end in order; the second one exits at
 * once.
 */
export function listenForSignals(): { signal: AbortSignal } & Disposable {
  const stopping = new AbortController()
  const onSignal = (name: NodeJS.Signals) => {
    const exitCode = name === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
    if (stopping.signal.aborted) process.exit(exitCode)
    stopping.abort(new Interrupted(exitCode))
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, onSignal)
  return {
    signal: stopping.signal,
    [Symbol.dispose]() {
      for (const name of names) process.off(name, onSignal)
    },
  }
}
