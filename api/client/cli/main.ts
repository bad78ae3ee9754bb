import { nearestName } from '@encounter-gateway/shared/contract/nearest-name.ts'
import { GatewayError } from '../src/index.ts'
import { usageError } from './arguments.ts'
import type { Command } from './command.ts'
import { CliError, exitCodes, type ExitCode } from './exit-codes.ts'
import type { CommandName } from './reference.ts'
import { Interrupted, listenForSignals } from './signals.ts'
import type { Terminal } from './terminal.ts'
import { usage, usageOf } from './usage.ts'
import { version } from './version.ts'

/** Loads one command: what the others need as well would take each of them half a second to start. */
const commands: Record<CommandName, () => Promise<Command>> = {
  submit: async () => (await import('./commands/submit.ts')).submit,
  batch: async () => (await import('./commands/batch.ts')).batch,
  results: async () => (await import('./commands/results.ts')).results,
  retry: async () => (await import('./commands/retry.ts')).retry,
  cancel: async () => (await import('./commands/cancel.ts')).cancel,
  job: async () => (await import('./commands/job.ts')).job,
  validate: async () => (await import('./commands/validate.ts')).validate,
  preview: async () => (await import('./commands/preview.ts')).preview,
  webhooks: async () => (await import('./commands/webhooks.ts')).webhooks,
  ops: async () => (await import('./commands/ops.ts')).ops,
  completion: async () => (await import('./commands/completion.ts')).completion,
}
const names = Object.keys(commands) as CommandName[]

/** Runs one command and returns the exit code. Writes to the standard streams. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  const { stdout: out, stderr: err, env } = process
  const terminal: Terminal = {
    out,
    err,
    env,
    json: rest.includes('--json'),
    remark: (text) => void err.write(`${text}\n`),
  }
  out.on('error', (error: NodeJS.ErrnoException) => {
    // the reader has closed the pipe, as `head` does
    if (error.code === 'EPIPE') process.exit(exitCodes.ok)
    throw error
  })
  using signals = listenForSignals()
  try {
    if (name === '--version') {
      terminal.out.write(`${version()}\n`)
      return exitCodes.ok
    }
    if (name === undefined) {
      terminal.err.write(usage())
      return exitCodes.usage
    }
    const asksForHelp = name === 'help' || argv.includes('--help') || argv.includes('-h')
    const command = names.find((each) => each === (name === 'help' ? rest[0] : name))
    if (asksForHelp && (command || name === 'help' || name.startsWith('-'))) {
      terminal.out.write(command ? usageOf(command) : usage())
      return exitCodes.ok
    }
    if (!command) throw noSuchCommand(name)
    const run = await commands[command]()
    return await run(rest, terminal, signals.signal)
  } catch (error) {
    const { signal } = signals
    // the reason of an abort is more informative than what an aborted read throws
    return tell(signal.aborted && !(error instanceof Interrupted) ? signal.reason : error, terminal)
  }
}

/** Does not quote the word, which may be anything; suggests a command if it resembles one. */
function noSuchCommand(name: string): CliError {
  const nearest = nearestName(name, names)
  return usageError(`unknown command; ${nearest ? `did you mean ${nearest}?` : `the commands are ${names.join(', ')}`}`)
}

function tell(error: unknown, { err, json }: Terminal): number {
  const exitCode = exitCodeOf(error)
  const message = messageOf(error, exitCode)
  if (!json) err.write(`${message}\n`)
  else {
    const { problem, batch: known, requestId } = error instanceof GatewayError ? error : ({} as Partial<GatewayError>)
    err.write(
      `${JSON.stringify({ ExitCode: exitCode, Message: message, RequestId: requestId, Problem: problem, Batch: known })}\n`,
    )
  }
  return exitCode
}

/** The message of an error. That of an unexpected one may quote the input: only its name and stack are shown. */
function messageOf(error: unknown, exitCode: ExitCode): string {
  if (!(error instanceof Error)) return 'internal error: a value was thrown that is not an Error'
  const { code, syscall, path } = error as NodeJS.ErrnoException
  if (exitCode === exitCodes.inputOutput) return [code, syscall, path].filter(Boolean).join(' ')
  if (exitCode !== exitCodes.bug) return error.message
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  return [`internal error: ${error.name}`, ...frames].join('\n')
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError || error instanceof Interrupted) return error.exitCode
  if (!(error instanceof GatewayError)) return isSystemError(error) ? exitCodes.inputOutput : exitCodes.bug
  if (error.mayPass) return exitCodes.tryLater
  return error.status === 401 || error.status === 403 ? exitCodes.notPermitted : exitCodes.refused
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error
}
