/**
 * Preloaded (`--import`) into each process that the launcher starts: when the launcher ends in any way, the process
 * gets a SIGTERM, drains and ends. Otherwise it would survive a SIGKILL of the launcher.
 */
const SECONDS = 1000

process.on('disconnect', () => {
  // the reader of the log is gone, too, and pino's sonic-boom would try for ever to write its last lines on exit
  process.prependListener('exit', () => process.kill(process.pid, 'SIGKILL'))
  setTimeout(() => process.exit(), 45 * SECONDS).unref()
  process.kill(process.pid, 'SIGTERM')
})
// the channel alone must not keep the process alive
process.channel?.unref()
