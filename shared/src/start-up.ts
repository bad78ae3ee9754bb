import type { Logger } from 'pino'
import { ConfigError, EXIT_CONFIG } from './config/config.ts'
import { RedisUnusable } from './redis/redis-url.ts'

/** The process cannot start; the message is one sentence that says why and what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

/** The port in an environment variable; throws a `ConfigError` that names the variable if it is none. */
export function readPort(variable: string, otherwise: number): number {
  return readNumber(variable, otherwise, { form: /^\d+$/, most: 65_535, what: 'number' })
}

/** How many of something, from 0 to 99, an environment variable names; throws a `ConfigError` likewise. */
export function readCount(variable: string, otherwise: number, what: string): number {
  return readNumber(variable, otherwise, { form: /^\d+$/, most: 99, what: `number of ${what}` })
}

/** The seconds, at most an hour, in an environment variable; throws a `ConfigError` likewise. */
export function readSeconds(variable: string, otherwise: number): number {
  return readNumber(variable, otherwise, { form: /^\d+(\.\d+)?$/, most: 3_600, what: 'number of seconds' })
}

function readNumber(variable: string, otherwise: number, about: { form: RegExp; most: number; what: string }): number {
  const { form, most, what } = about
  const text = process.env[variable] || String(otherwise)
  if (form.test(text) && Number(text) <= most) return Number(text)
  throw new ConfigError('in the environment', [{ Pointer: variable, Message: `must be a ${what} from 0 to ${most}` }])
}

/** Lets a server listen; throws a `StartError` that names the variable to set if the port is in use. */
export async function listenOn(
  app: { listen(at: { host: string; port: number }): Promise<unknown> },
  { host, port, variable }: { host: string; port: number; variable: string },
): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EADDRINUSE') throw error
    throw new StartError(`Port ${port} on ${host} is in use: stop the program that uses it, or set ${variable}.`)
  }
}

/**
 * Ends the process at an exception or rejection that nothing handles, with a log line without its text; Node itself
 * would print it. To be called before anything else can throw. The returned function takes the handlers away, once those
 * of close-with-grace are there.
 */
export function endOnFault(log: Logger, event: string): () => void {
  const end = (err: unknown) => {
    log.fatal({ err }, event)
    process.exit(1)
  }
  process.on('uncaughtException', end).on('unhandledRejection', end)
  return () => process.off('uncaughtException', end).off('unhandledRejection', end)
}

/** Ends a process that could not start: with the reason in one sentence if it is a known one, else with a log line. */
export function endUnstarted(error: unknown, log: Logger, event: string): never {
  if (error instanceof ConfigError || error instanceof RedisUnusable || error instanceof StartError) {
    process.stderr.write(`${error.message}\n`)
    process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1)
  }
  log.fatal({ err: error }, event)
  process.exit(1)
}
