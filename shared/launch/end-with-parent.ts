/**
 * Preloaded (`--import`) into each process that the launcher starts: when the launcher is gone, however it went, the
 * process gets the SIGTERM on which it drains and ends. Without this a SIGKILL of the launcher would leave it running.
 */
const SECONDS = 1000

process.on('disconnect', () => {
  // Whoever read the log is gone too, and pino's sonic-boom tries for ever to write its last lines when a process exits.
  process.prependListener('exit', () => process.kill(process.pid, 'SIGKILL'))
  setTimeout(() => process.exit(), 45 * SECONDS).unref()
  process.kill(process.pid, 'SIGTERM')
})
// The channel alone must not keep a process alive that has nothing left to do.
process.channel?.unref()
