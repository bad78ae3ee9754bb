import type { ExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** A command: does its work until `signal` aborts, and says how it went. */
export type Command = (argv: readonly string[], terminal: Terminal, signal: AbortSignal) => Promise<ExitCode>
