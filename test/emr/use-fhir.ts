import { openPort } from '../fixtures/emr-port.ts'
import { openFhirServer, type FhirAbilities } from './fhir.ts'

/** A `fhir` connection and the simulated server behind it. */
export async function openFhirPair(abilities: FhirAbilities = {}, settings: Record<string, unknown> = {}) {
  const server = await openFhirServer(abilities)
  const emr = openPort({ connector: 'fhir', ...server.options, ...settings })
  return {
    server,
    emr,
    made: () => server.encounters().map(({ encounterId }) => encounterId),
    /** The paths of the POSTs, oldest first. */
    posted: () => server.calls.filter(({ method }) => method === 'POST').map(({ url }) => url.pathname),
    async [Symbol.asyncDispose]() {
      await emr.close()
      await server[Symbol.asyncDispose]()
    },
  }
}
