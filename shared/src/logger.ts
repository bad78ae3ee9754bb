import { destination, pino, stdSerializers, type DestinationStream, type Logger, type LoggerOptions } from 'pino'

/** Should whoever reads the lines stop reading, the newest are dropped rather than the memory filled. */
const MAX_UNWRITTEN_BYTES = 16 * 1024 * 1024

/** Errors whose message is made of our own words and may be shown; any other message may quote a patient. */
const shownMessages = new Set([
  'EmrError',
  'SealError',
  'RedisUnusable',
  'ConfigError',
  'ReplyError',
  'MaxRetriesPerRequestError',
])

/**
 * A process' logger: JSON lines, or coloured ones on a terminal. An error's text is withheld unless it is ours:
 * V8 quotes its input in messages (`JSON.parse`), and so do many libraries. The stack's places are kept.
 */
export function createLogger(name: string, level: string = process.env['LOG_LEVEL'] ?? 'info'): Logger {
  const options: LoggerOptions = {
    name,
    level,
    serializers: { err: describeError, req: describeRequest, res: stdSerializers.res },
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
 * Writes the lines of one turn of the event loop together: a write for each takes a busy worker 20 of its 300 µs per job. What is
 * left when the process ends is written then, unless it is killed.
 */
function openStandardOutput(): DestinationStream {
  const output = destination({ sync: false, maxLength: MAX_UNWRITTEN_BYTES })
  let lines = ''
  const writeLines = () => {
    output.write(lines)
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
    },
  }
}

/** What may be logged of an error. */
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

/** Method and path; a query string could hold anything, and headers hold keys. */
function describeRequest(request: { method: string; url: string; id?: unknown }) {
  return { id: request.id, method: request.method, path: request.url.split('?', 1)[0] }
}
