import { createLogger as original } from '../../../shared/src/logger.ts'

export { describeError } from '../../../shared/src/logger.ts'

/** A worker logs that it is ready, and nothing after that. */
export const createLogger: typeof original = (...about) => {
  const log = original(...about)
  if (about[0] !== 'worker') return log
  const child = log.child.bind(log)
  return Object.assign(log, {
    child: (bindings: Parameters<typeof child>[0]) => child(bindings, { level: 'warn' }),
  })
}
