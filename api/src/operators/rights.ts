import { coversConnection } from '@encounter-gateway/shared/config/connection-scope.ts'
import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { ConnectionName } from '@encounter-gateway/shared/contract/connection-name.ts'

/** What a route requires: to see, to act, or to read the audit log. */
export type Right = 'see' | 'act' | 'audit'

const rightsOf: Record<Operator['role'], readonly Right[]> = {
  viewer: ['see'],
  operator: ['see', 'act'],
  auditor: ['see', 'audit'],
}

/** Whether the role of an operator includes a right. */
export function mayDo({ role }: Pick<Operator, 'role'>, right: Right): boolean {
  return rightsOf[role].includes(right)
}

/** Whether an operator may know of a connection. */
export function maySee({ connections = ['*'] }: Pick<Operator, 'connections'>, connection: ConnectionName): boolean {
  return connections.some((scope) => coversConnection(scope, connection))
}

/** Whether an operator may know of all connections, also of those that will be added. */
export function seesAll({ connections = ['*'] }: Pick<Operator, 'connections'>): boolean {
  return connections.includes('*')
}
