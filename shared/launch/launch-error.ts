/** Something on this machine keeps the gateway from starting: `message` is one sentence that says what, and what to do. */
export class LaunchError extends Error {
  override name = 'LaunchError'
}
