import { nameOf, type ConnectionName } from '../contract/connection-name.ts'
import type { Application } from './schema.ts'

/** Whether an entry of `connections`, an operator's or an application's, covers a connection: `*`, `Cerner.*` or `Cerner.default`. */
export function coversConnection(scope: string, connection: ConnectionName): boolean {
  if (scope === '*' || scope === nameOf(connection)) return true
  return scope === `${connection.emrSystem}.*`
}

/** Whether an application may use a connection: by `emrSystems` all instances of an EMR, by `connections` single ones. */
export function mayUse(
  { emrSystems = [], connections = [] }: Pick<Application, 'emrSystems' | 'connections'>,
  connection: ConnectionName,
): boolean {
  if (emrSystems.some((emrSystem) => emrSystem === connection.emrSystem)) return true
  return connections.some((scope) => coversConnection(scope, connection))
}
