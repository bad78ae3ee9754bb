/** The reason with which calls are broken off when the drain time is up. */
export class ShutdownError extends Error {
  override name = 'ShutdownError'
}
