/**
 * npm forwards a Ctrl-C that the terminal has already sent to every process: within this time, two signals count as
 * one.
 */
const SAME_KEYSTROKE_MS = 1000

/**
 * `asked` settles at the first SIGINT, SIGTERM or SIGHUP (the terminal was closed), or when the npm that started this
 * process is gone; `hurried` at the next signal.
 */
export function untilAskedToStop(): { asked: Promise<void>; hurried: Promise<void> } {
  const asked = Promise.withResolvers<void>()
  const hurried = Promise.withResolvers<void>()
  let firstAt: number | undefined
  const note = () => {
    firstAt ??= performance.now()
    asked.resolve()
    if (performance.now() - firstAt > SAME_KEYSTROKE_MS) hurried.resolve()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, note)
  if (process.env['npm_lifecycle_event']) {
    // npm passes on neither SIGHUP nor its own SIGKILL, and the system tells only by another parent.
    const parent = process.ppid
    setInterval(() => process.ppid !== parent && asked.resolve(), 500).unref()
  }
  return { asked: asked.promise, hurried: hurried.promise }
}
