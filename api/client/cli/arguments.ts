import { nearestName } from '@encounter-gateway/shared/contract/nearest-name.ts'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { CliError, exitCodes } from './exit-codes.ts'

type Options = NonNullable<ParseArgsConfig['options']>

const secretNames = /pass|key|login|token|secret|user|application/i

/**
 * Parses the arguments of a command. Throws a CliError that names the option at fault and never quotes a value, which
 * may be a misplaced password.
 */
export function readArguments<const Known extends Options>(
  argv: readonly string[],
  options: Known,
  positionals: string[],
) {
  const read = () => parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  let parsed: ReturnType<typeof read>
  try {
    parsed = read()
  } catch (error) {
    throw usageError(messageOf(error, Object.keys(options)))
  }
  if (parsed.positionals.length !== positionals.length) {
    const wanted = positionals.length === 0 ? 'takes only options' : `takes ${positionals.join(' ')}`
    throw usageError(`the command ${wanted}, but ${parsed.positionals.length} operands were given`)
  }
  return parsed
}

/** The error for an invalid command line. */
export function usageError(message: string): CliError {
  return new CliError(exitCodes.usage, `${message}; see encounter-gateway --help`)
}

/** Parses an option in seconds, and returns milliseconds. */
export function millisecondsIn(option: string, text: string): number {
  const seconds = Number(text)
  if (!/^\d+(?:\.\d+)?$/.test(text) || seconds > 1_000_000) throw usageError(`--${option} takes a number of seconds`)
  return Math.round(seconds * 1000)
}

function messageOf(error: unknown, known: string[]): string {
  const { code, message } = error as { code?: string; message: string }
  const [, option = ''] = /'(-[^'\s=]*)/.exec(message) ?? []
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const hint = secretNames.test(option) ? ': credentials come from the environment or --credentials FILE only' : ''
    const nearest = nearestName(option.replace(/^-+/, ''), known)
    return `unknown option ${option}${hint || (nearest ? `; did you mean --${nearest}?` : '')}`
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return `${option} has a missing or unexpected value`
  return 'invalid arguments'
}
