import {
  destination,
  pino,
  stdSerializers,
  type DestinationStream,
  type Logger,
  type LogFn,
  type LoggerOptions,
} from 'pino'

/** If the reader of the log stops reading, the newest lines are dropped, so that memory does not fill up. */
const MAX_UNWRITTEN_BYTES = 16 * 1024 * 1024
/** Lines are written once they have this many characters, even if the turn of the event loop never ends. */
const MAX_GATHERED = 256 * 1024

/** Errors whose messages are the gateway's own and may be shown; any other message may quote patient data. */
const shownMessages = new Set([
  'EmrError',
  'SealError',
  'RedisUnusable',
  'ConfigError',
  'ReplyError',
  'MaxRetriesPerRequestError',
])

/**
 * Creates the logger of a process: JSON lines, or coloured lines on a terminal. The text of an error is withheld unless
 * it is the gateway's own: V8 (`JSON.parse`) and many libraries quote their input. The stack frames are logged.
 */
export function createLogger(name: string, level: string = process.env['LOG_LEVEL'] ?? 'info'): Logger {
  const options: LoggerOptions = {
    name,
    level,
    serializers: { err: describeError, req: describeRequest, res: stdSerializers.res },
    hooks: { logMethod: withholdTexts },
    redact: { paths: ['*.Password', '*.ApplicationKey', '*.AuthorizationToken', '*.LoginId'], censor: '(withheld)' },
  }
  if (process.stdout.isTTY) {
    return pino({
      ...options,
      transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', singleLine: true } },
    })
  }
  return pino(options, openStandardOutput())
}

/**
 * Writes the lines of one turn of the event loop together: one write per line takes 20 of the 300 µs that a busy worker
 * needs per job. Remaining lines are written when the process exits, unless it is killed.
 */
function openStandardOutput(): DestinationStream {
  const output = destination({ sync: false, maxLength: MAX_UNWRITTEN_BYTES })
  let lines = ''
  const writeLines = () => {
    if (lines !== '') output.write(lines)
    lines = ''
  }
  process.once('exit', () => {
    writeLines()
    output.flushSync()
  })
  return {
    write(line) {
      if (lines === '') setImmediate(writeLines)
      lines += line
      if (lines.length > MAX_GATHERED) writeLines()
    },
  }
}

/**
 * pino takes the text of an error as the message of a line that has none, formats errors among the arguments, and writes
 * the enumerable properties of an error under any name: each gets only the part that may be logged.
 */
function withholdTexts(this: Logger, [about, ...rest]: Parameters<LogFn>, method: LogFn): void {
  const [message, ...values] = rest as unknown[]
  const error = about instanceof Error ? about : (about as { err?: unknown } | null | undefined)?.err
  const text = message ?? (error instanceof Error ? describeError(error).message : undefined)
  const shown = about instanceof Error ? { err: about } : withoutErrors(about)
  if (text === undefined) method.call(this, shown)
  else method.call(this, shown, describedIn(text) as string, ...values.map(describedIn))
}

/** `err` is left to its serializer. */
function withoutErrors(about: unknown): unknown {
  if (typeof about !== 'object' || about === null || !holdsError(about as Record<string, unknown>)) return about
  const errors = Object.entries(about).filter(([name, value]) => name !== 'err' && value instanceof Error)
  return { ...about, ...Object.fromEntries(errors.map(([name, value]) => [name, describeError(value)])) }
}

/** Runs for each line of the log, so it makes no list of the properties. */
function holdsError(about: Record<string, unknown>): boolean {
  for (const name in about) if (name !== 'err' && about[name] instanceof Error) return true
  return false
}

function describedIn(value: unknown): unknown {
  return value instanceof Error ? describeError(value) : value
}

/** The part of an error that may be logged. */
export function describeError(error: unknown): { type: string; message: string; code?: string; stack?: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: '(withheld)' }
  const { code } = error as { code?: unknown }
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at '))
  return {
    type: error.name,
    message: shownMessages.has(error.name) || isSystemError(error) ? error.message : '(withheld)',
    ...(typeof code === 'string' && { code }),
    ...(frames && { stack: frames.slice(0, 12).join('\n') }),
  }
}

/** `connect ECONNREFUSED 127.0.0.1:6379` and the like: addresses, never content. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error && 'errno' in error
}

/** Method and path only: a query string may contain anything, and headers contain keys. */
function describeRequest(request: { method: string; url: string; id?: unknown }) {
  return { id: request.id, method: request.method, path: request.url.split('?', 1)[0] }
}
