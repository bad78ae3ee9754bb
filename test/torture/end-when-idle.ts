const PATIENCE_MS = 5_000

/**
 * Ends the process as soon as nothing is left to do. If something goes on although all should be over, reports it on
 * standard error and ends all the same.
 */
export function endWhenIdle(exitCode: number): void {
  process.exitCode = exitCode
  // at once, not by way of Node's own cleanup
  process.once('beforeExit', () => process.exit())
  const giveUp = () => {
    console.error(`Something goes on after the end: ${process.getActiveResourcesInfo().join(', ')}`)
    process.exit()
  }
  setTimeout(giveUp, PATIENCE_MS).unref()
}
