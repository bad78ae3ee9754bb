/**
 * Something on this machine prevents the gateway from starting: `message` is one sentence with the cause and the
 * remedy.
 */
export class LaunchError extends Error {
  override name = 'LaunchError'
}
