/** The reason with which calls are aborted when the drain time has passed. */
export class ShutdownError extends Error {
  override name = 'ShutdownError'
}
