import type { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** A command: runs until it is done or `signal` aborts, and returns the exit code. */
export type Command = (argv: readonly string[], terminal: Terminal, signal: AbortSignal) => Promise<ExitCode>
