import { nameOf, type ConnectionName } from '../contract/connection-name.ts'

/** Whether an entry of an operator's `connections` covers a connection: `*`, `Cerner.*` or `Cerner.default`. */
export function coversConnection(scope: string, connection: ConnectionName): boolean {
  if (scope === '*' || scope === nameOf(connection)) return true
  return scope === `${connection.emrSystem}.*`
}
