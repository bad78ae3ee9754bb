/** Identifies a connection: the EMR named in the URL (`Cerner`) and the instance named in the request (`default`). */
export type ConnectionName = { emrSystem: string; emrInstance: string }

/** The name of a connection in keys, logs and metrics: `Cerner.default`. */
export function nameOf({ emrSystem, emrInstance }: ConnectionName): string {
  return `${emrSystem}.${emrInstance}`
}
