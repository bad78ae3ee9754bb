/**
 * Preloaded (`--import`) into each process under torture: when the torture is gone, however it went, so is the process, at
 * once, since nothing of it is wanted any more.
 */
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// The channel alone must not keep a process alive that has nothing left to do.
process.channel?.unref()
