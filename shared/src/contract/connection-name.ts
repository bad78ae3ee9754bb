/** The two words of the URL and the request that pick an EMR: `Cerner` and `default`. */
export type ConnectionName = { emrSystem: string; emrInstance: string }

/** `Cerner.default`: how a connection is named in keys, logs and metrics. */
export function nameOf({ emrSystem, emrInstance }: ConnectionName): string {
  return `${emrSystem}.${emrInstance}`
}
