import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { openPort } from '../fixtures/emr-port.ts'
import { fullEncounter } from '../fixtures/full-encounter.ts'
import { openCerner, type CernerSite } from './cerner.ts'

/** A `cerner` connection and the simulated Millennium behind it. */
export async function openCernerPair(site: CernerSite = {}, settings: Record<string, unknown> = {}) {
  const cerner = await openCerner(site)
  const emr = openPort({ connector: 'cerner', ...cerner.options, ...settings })
  return {
    cerner,
    emr,
    /** The bodies posted to a path that ends in this way, oldest first. */
    sent: (path: string) =>
      cerner.calls
        .filter(({ method, url }) => method === 'POST' && url.pathname.endsWith(path))
        .map(({ body }) => JSON.parse(body) as Record<string, unknown>),
    async [Symbol.asyncDispose]() {
      await emr.close()
      await cerner[Symbol.asyncDispose]()
    },
  }
}

/** As a Millennium site would send it: the numbers of its own records and codes. */
export const millennium = (): PatientEncounter => ({ ...fullEncounter(), PatientId: '12742400', PatientIdType: 'FHIR' })
