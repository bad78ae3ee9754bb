import type { Coverage, Encounter, Patient } from '@medplum/fhirtypes'
import { faultsOfCoverage, faultsOfEncounter, type CernerFault } from './cerner-rules.ts'
import { cernerMissing } from './cerner-read-back.ts'
import { openMisbehavingHttp, type HttpCall, type HttpReply } from './misbehaving-http.ts'
import type { SimulatedEmr } from './simulated-emr.ts'
import { openTokenIssuer, type TokenIssuer } from './token-issuer.ts'

export const TENANT = 'ec2458f2-1e24-41c8-b71b-0e701af7583d'
export const MRN = 'urn:oid:2.16.840.1.113883.6.1000'
const BASE = `/r4/${TENANT}/`
const DAY_MS = 86_400_000
const FHIR_JSON = 'application/fhir+json'
const POOL = 'urn:oid:1.2.3.4.5'

/** How a Millennium site can differ. */
export type CernerSite = {
  /** Has no alias pool for our identifiers, and refuses them. */
  refusesIdentifiers?: boolean
  /** Its answer to a Coverage: as documented, a status, or nothing at all. */
  coverages?: 'taken' | number | 'dropped'
  /** Answers reads of a single encounter with 500. */
  hidesEncounters?: boolean
  /** Refuses every Encounter with this status, and names these elements. */
  refusal?: { status: number; elements: string[] }
  /** Called when a Coverage arrives. */
  onCoverage?: () => void
}

export type SimulatedCerner = SimulatedEmr & {
  calls: HttpCall[]
  site: CernerSite
  issuer: TokenIssuer
  coverages(): Coverage[]
  /** Enters an encounter as someone at the front desk would, just now or at this time. */
  enter(encounter: Encounter, at?: Date): Encounter
}

type Kept = { encounter: Encounter & { id: string }; coverages: Coverage[] }

/**
 * Millennium's FHIR interface as documented: it has no guard against a second POST, a 201 has no body, and it refuses
 * elements that it does not allow writing instead of ignoring them.
 */
export async function openCerner(site: CernerSite = {}): Promise<SimulatedCerner> {
  const kept: Kept[] = []
  const calls: HttpCall[] = []
  const issuer = openTokenIssuer()
  const patients: Patient[] = [
    { resourceType: 'Patient', id: '12724066', identifier: [{ system: MRN, value: 'sample string 2' }] },
    { resourceType: 'Patient', id: '12742400' },
  ]
  let lastId = 97953477

  async function handle(call: HttpCall): Promise<HttpReply> {
    calls.push(call)
    const { method, url, headers } = call
    if (url.pathname === `/tenants/${TENANT}/token`) return issuer.handle(call)
    if (!url.pathname.startsWith(BASE)) return outcome(403, 'forbidden', [])
    if (headers.accept !== FHIR_JSON) return { status: 406 }
    if (!issuer.accepts(headers.authorization))
      return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
    const path = url.pathname.slice(BASE.length)
    if (method === 'GET') return read(path, url.searchParams)
    if (method !== 'POST') return outcome(405, 'not-supported', [])
    if (headers['content-type'] !== FHIR_JSON) return outcome(415, 'not-supported', [])
    if (path === 'Encounter') return createEncounter(JSON.parse(call.body) as Encounter)
    if (path === 'Coverage') return createCoverage(JSON.parse(call.body) as Coverage)
    return outcome(404, 'not-found', [])
  }

  function createEncounter(sent: Encounter): HttpReply {
    if (site.refusal) return outcome(site.refusal.status, 'business-rule', site.refusal.elements)
    const [fault] = faultsOfEncounter(sent, { tenant: TENANT, pool: site.refusesIdentifiers ? undefined : POOL })
    if (fault) return refuse(fault)
    if (!patients.some(({ id }) => sent.subject?.reference === `Patient/${id}`))
      return outcome(404, 'not-found', ['Encounter.subject'])
    return madeAt('Encounter', enter(sent).id)
  }

  function enter(sent: Encounter, at = new Date()): Encounter & { id: string } {
    const id = String(++lastId)
    const fin = {
      use: 'usual' as const,
      type: { coding: [{ code: '1077', display: 'FIN NBR' }], text: 'FIN NBR' },
      value: `F${id}`,
    }
    const encounter = {
      ...sent,
      id,
      // times to the second, and the number of changes, as in the examples of the documentation
      meta: { versionId: '0', lastUpdated: at.toISOString().replace(/\.\d{3}Z$/, '.000Z') },
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      identifier: [fin, ...(sent.identifier ?? [])],
      serviceProvider: sent.serviceProvider ?? { reference: 'Organization/675844' },
    }
    kept.push({ encounter, coverages: [] })
    return encounter
  }

  function createCoverage(sent: Coverage): HttpReply {
    site.onCoverage?.()
    if (typeof site.coverages === 'number') return outcome(site.coverages, 'business-rule', [])
    if (site.coverages === 'dropped') throw new Error('the connection is dropped')
    const [fault] = faultsOfCoverage(sent)
    if (fault) return refuse(fault)
    const reference = sent.extension?.[0]?.valueReference?.reference
    const owner = kept.find(({ encounter }) => reference === `Encounter/${encounter.id}`)
    if (!owner) return outcome(404, 'not-found', ['Coverage.extension'])
    owner.coverages.push(sent)
    return madeAt('Coverage', `${owner.encounter.id}-${owner.coverages.length}`)
  }

  function read(path: string, query: URLSearchParams): HttpReply {
    if (path === 'Patient')
      return searchset(patients.filter(({ identifier }) => matches(identifier, query.get('identifier'))))
    if (path === 'Coverage') {
      const owner = kept.find(({ encounter }) => encounter.id === query.get('-encounter'))
      return query.has('-encounter') ? searchset(owner?.coverages ?? []) : outcome(400, 'required', [])
    }
    if (path === 'Encounter') return searchEncounters(query)
    const found = kept.find(({ encounter }) => path === `Encounter/${encounter.id}`)
    if (!found) return outcome(404, 'not-found', [])
    return site.hidesEncounters ? outcome(500, 'required', []) : json(200, found.encounter)
  }

  function searchEncounters(query: URLSearchParams): HttpReply {
    const dates = query.getAll('date').map((date) => ({ prefix: date.slice(0, 2), at: Date.parse(date.slice(2)) }))
    const bounded = dates.length <= 2 && dates.every(({ prefix, at }) => /^[gl][et]$/.test(prefix) && !Number.isNaN(at))
    const asked = ['_id', 'patient', 'subject', 'identifier'].some((name) => query.has(name))
    if (!asked || !bounded) return outcome(400, 'required', [])
    const [, since] = /^ge(.*)$/.exec(query.get('_lastUpdated') ?? '') ?? []
    const found = kept.filter(({ encounter }) => {
      const start = Date.parse(encounter.period?.start ?? '')
      return (
        (!query.has('_id') || query.get('_id') === encounter.id) &&
        (!query.has('patient') || `Patient/${query.get('patient')}` === encounter.subject?.reference) &&
        (!query.has('identifier') || matches(encounter.identifier, query.get('identifier'))) &&
        dates.every(({ prefix, at }) => (prefix.startsWith('g') ? start >= at : start <= at)) &&
        (since === undefined || (encounter.meta?.lastUpdated ?? '') >= since)
      )
    })
    return searchset(found.map(({ encounter }) => encounter).toReversed())
  }

  const { baseUrl, ...server } = await openMisbehavingHttp({
    handle,
    creates: ({ method, url }) => method === 'POST' && url.pathname === `${BASE}Encounter`,
    say: (code) => {
      const reply = outcome(code, 'processing', [])
      return code === 429 ? { ...reply, headers: { ...reply.headers, 'retry-after': '1' } } : reply
    },
  })

  function madeAt(type: string, id: string): HttpReply {
    const location = `${baseUrl}${BASE}${type}/${id}`
    return { status: 201, headers: { etag: 'W/"0"', location, 'x-request-id': 'b1946ac92492d2347c6235b4d2611184' } }
  }

  return {
    ...server,
    options: {
      baseUrl: `${baseUrl}${BASE}`,
      auth: issuer.auth(`${baseUrl}/tenants/${TENANT}/token`),
      patientIdentifierSystems: { 'sample string 3': MRN },
      serviceProvider: '675844',
      ...(!site.refusesIdentifiers && { identifierSystem: POOL, identifierType: { code: '1080' } }),
    },
    credentials: { loginId: 'registrar', password: 'secret' },
    // 403 concerns the tenant and 500 Millennium itself: the gateway reports both as 502.
    cannotSay: [403, 500],
    calls,
    site,
    issuer,
    coverages: () => kept.flatMap(({ coverages }) => coverages),
    enter,
    enterLookAlike(how) {
      const [{ encounter }] = kept.splice(0) as [Kept]
      const { identifier: _ours, ...rest } = encounter
      const other: Partial<Encounter> = {
        ...(how === 'closed' && { status: 'finished' }),
        ...(how === 'cancelled' && { status: 'cancelled' }),
        ...(how === 'at another hospital' && { serviceProvider: { reference: 'Organization/1' }, location: [] }),
        ...(how === 'for another reason' && { reasonCode: [{ text: 'Something else' }] }),
      }
      const days = how === 'older' ? -2 : how === 'newer' ? 1 : 0
      for (const _each of how === 'twice the same' ? [1, 2] : [1])
        enter({ ...rest, ...other }, new Date(Date.now() + days * DAY_MS))
    },
    encounters: () =>
      kept.map((content) => ({
        encounterId: content.encounter.id,
        correlationKey: content.encounter.identifier?.find(({ system }) => system === POOL)?.value,
        content,
      })),
    missing: ({ content }, sent) => cernerMissing(content as Kept, sent, patients),
  }
}

function matches(identifiers: { system?: string; value?: string }[] = [], token: string | null): boolean {
  const [system, value] = (token ?? '').split('|')
  return identifiers.some((one) => one.system === system && one.value === value)
}

function searchset(resources: (Patient | Coverage | Encounter)[]): HttpReply {
  const entry = resources.map((resource) => ({ resource }))
  return json(200, {
    resourceType: 'Bundle',
    type: 'searchset',
    total: entry.length,
    ...(entry.length > 0 && { entry }),
  })
}

const refuse = ({ status, code, expression }: CernerFault) => outcome(status, code, [expression])

function outcome(status: number, code: string, expression: string[]): HttpReply {
  const text = 'Jane Doe may not be written'
  const issue = [{ severity: 'error', code, details: { text }, diagnostics: text, expression }]
  return json(status, { resourceType: 'OperationOutcome', issue })
}

function json(status: number, body: unknown): HttpReply {
  return { status, headers: { 'content-type': FHIR_JSON }, body: JSON.stringify(body) }
}
