import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import type { ConfigMistake } from '@encounter-gateway/shared/config/config.ts'
import type { Emr, EmrFactory } from './emr.ts'
import { athena } from './athena/index.ts'
import { cerner } from './cerner/index.ts'
import { fhir } from './fhir/index.ts'
import { hl7v2 } from './hl7v2/index.ts'
import { sandbox } from './sandbox/index.ts'
import { unity } from './unity/index.ts'

/** Every connector, by its name in `connections[].connector`. A new one is a folder and a line here. */
export const connectors = { athena, cerner, fhir, hl7v2, sandbox, unity } satisfies Record<string, EmrFactory>

/** The options of each connector, for checking the configuration. */
export const connectorOptions = Object.fromEntries(
  Object.entries<EmrFactory>(connectors).map(([name, { options }]) => [name, options]),
)

/** Opens the port to the EMR of one connection. Throws `RangeError` for a connector that does not exist. */
export function openEmr(connection: Connection): Emr {
  return factoryOf(connection).create(connection)
}

/**
 * Checks what no schema can express: connections whose policy needs an EMR that can be asked, although this one cannot.
 */
export function policyMistakes(connections: Connection[]): ConfigMistake[] {
  return connections.flatMap((connection, index) => {
    if (connection.onUnknownOutcome !== 'reconcile' || factoryOf(connection).canFind(connection)) return []
    const Message = 'must be resend or stop: this EMR cannot be asked whether it has an encounter'
    return [{ Pointer: `/connections/${index}/onUnknownOutcome`, Message }]
  })
}

function factoryOf({ connector }: Connection): EmrFactory {
  const factory = Object.entries<EmrFactory>(connectors).find(([name]) => name === connector)?.[1]
  if (!factory) throw new RangeError(`there is no connector ${connector}`)
  return factory
}
