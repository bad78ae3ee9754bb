import { mayUse } from '@encounter-gateway/shared/config/connection-scope.ts'
import type { Application } from '@encounter-gateway/shared/config/schema.ts'
import { emrSystems, parseEmrSystem, type EmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import { nearestName } from '@encounter-gateway/shared/contract/nearest-name.ts'
import type { EmrConnection, EmrConnections } from '../connections/connections.ts'
import { Refusal } from '../http/refusal.ts'

const DEFAULT_INSTANCE = 'default'

/** Returns the EMR named in the URL. Throws a 404 for an unknown name, a 403 if the application may not use it. */
export function chooseEmrSystem(text: string, application: Application, connections: EmrConnections): EmrSystem {
  const emrSystem = parseEmrSystem(text)
  if (!emrSystem) {
    const nearest = nearestName(text, [...emrSystems])
    const question = nearest ? `; did you mean ${nearest}?` : '.'
    const detail = `There is no EMR system of this name${question} ${usable(application, connections)}`
    throw new Refusal('unknown-emr-system', detail)
  }
  if (!mayUseSome(application, emrSystem)) {
    const detail = `Your application may not use ${emrSystem}. ${usable(application, connections)}`
    throw new Refusal('forbidden', detail)
  }
  return emrSystem
}

/** The same with a 404 for an EMR that the application may not use, as if it did not exist. */
export function ownEmrSystem(text: string, application: Application, connections: EmrConnections): EmrSystem {
  const emrSystem = parseEmrSystem(text)
  if (!emrSystem || mayUseSome(application, emrSystem)) return chooseEmrSystem(text, application, connections)
  throw new Refusal(
    'unknown-emr-system',
    `There is no such EMR for your application. ${usable(application, connections)}`,
  )
}

/** Whether an application may use some instance of an EMR, configured or not. */
function mayUseSome({ emrSystems = [], connections = [] }: Application, emrSystem: EmrSystem): boolean {
  return emrSystems.includes(emrSystem) || connections.some((scope) => scope.startsWith(`${emrSystem}.`))
}

/**
 * Returns the connection for an `EmrInstance`. Throws a 404 that lists the connections available to the application, and
 * a 403 for one that it may not use.
 */
export function chooseConnection(
  emrSystem: EmrSystem,
  emrInstance: string = DEFAULT_INSTANCE,
  application: Application,
  connections: EmrConnections,
): EmrConnection {
  const connection = connections.find(emrSystem, emrInstance)
  if (connection && mayUse(application, connection.settings)) return connection
  if (connection) {
    const detail = `Your application may not use this EmrInstance of ${emrSystem}. ${usable(application, connections)}`
    throw new Refusal('forbidden', detail)
  }
  const which = emrInstance === DEFAULT_INSTANCE ? 'no default connection to' : 'no connection of this EmrInstance to'
  throw new Refusal('unknown-connection', `There is ${which} ${emrSystem}. ${usable(application, connections)}`)
}

/**
 * The connections available to an application, as text: `Your application may use: Cerner (default, east), Sandbox
 * (default).`
 */
function usable(application: Application, connections: EmrConnections): string {
  const bySystem = Map.groupBy(connections.usableBy(application), ({ settings }) => settings.emrSystem)
  const listed = [...bySystem].map(
    ([system, ofSystem]) => `${system} (${ofSystem.map(({ settings }) => settings.emrInstance).join(', ')})`,
  )
  if (listed.length === 0) return 'None of the EMRs that your application may use is configured.'
  return `Your application may use: ${listed.sort().join(', ')}.`
}
