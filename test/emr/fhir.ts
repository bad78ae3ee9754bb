import { randomUUID } from 'node:crypto'
import { openMisbehavingHttp, type HttpCall, type HttpReply } from './misbehaving-http.ts'
import type { Bundle, Encounter, Identifier, Resource } from '@medplum/fhirtypes'
import { missingFrom, type Kept, type KeptEncounter } from './fhir-read-back.ts'
import { check, FHIR_JSON, json, keyIn, outcome, refuse, Refused } from './fhir-replies.ts'
import type { SimulatedEmr } from './simulated-emr.ts'
import type { TokenIssuer } from './token-issuer.ts'

/** How this FHIR server differs from one that can do everything. */
export type FhirAbilities = {
  /** Accepts a transaction; by default it does. */
  transactions?: boolean
  /** Supports conditional create; by default it does. */
  conditionalCreate?: boolean
  /** The types of resource that can be created; by default all that it knows. */
  creates?: string[]
  /** Shows what it created only if asked for it (`Prefer`), or `never`. */
  shows?: 'if preferred' | 'never'
  /** Accepts only callers with a token of its own token endpoint. */
  issuer?: TokenIssuer
  /** Patients that it knows from the start; without this list, one of every id. */
  patients?: { id: string; system: string; value: string }[]
  /** The status with which it refuses a transaction for a patient whom it does not know, or knows twice: 404 and 412. */
  patientRefusal?: number
  /** Elements that it refuses with 422, whatever they hold. */
  objectsTo?: string[]
  /** Ignores search parameters: every search finds everything of its type. */
  overlooks?: boolean
  /** Speaks another release. */
  fhirVersion?: string
}

export type SimulatedFhir = SimulatedEmr & {
  calls: HttpCall[]
  /** Everything it stores, of one type or of all. */
  resources(type?: string): Kept[]
  add(resource: Resource): Kept
}

const knownTypes = [
  'Account',
  'Condition',
  'Coverage',
  'Encounter',
  'Location',
  'Organization',
  'Patient',
  'Practitioner',
  'RelatedPerson',
]

/**
 * A FHIR R4 server as the specification describes one: validates, creates conditionally, all or nothing in a
 * transaction.
 */
export async function openFhirServer(abilities: FhirAbilities = {}): Promise<SimulatedFhir> {
  const {
    transactions = true,
    conditionalCreate = true,
    creates = knownTypes,
    shows = 'if preferred',
    issuer,
    fhirVersion = '4.0.1',
  } = abilities
  const store: Kept[] = []
  const made: KeptEncounter[] = []
  const calls: HttpCall[] = []
  const add = (resource: Resource): Kept => {
    const stored = { ...resource, id: randomUUID(), meta: { versionId: '1' } }
    store.push(stored)
    return stored
  }
  for (const { id, system, value } of abilities.patients ?? [])
    store.push({ resourceType: 'Patient', id, identifier: [{ system, value }] })

  const metadata = {
    resourceType: 'CapabilityStatement',
    fhirVersion,
    rest: [
      {
        mode: 'server',
        interaction: transactions ? [{ code: 'transaction' }] : [],
        resource: knownTypes.map((type) => ({
          type,
          interaction: [
            { code: 'read' },
            { code: 'search-type' },
            ...(creates.includes(type) ? [{ code: 'create' }] : []),
          ],
          conditionalCreate,
        })),
      },
    ],
  }

  function handle(call: HttpCall): HttpReply {
    calls.push(call)
    const path = call.url.pathname.replace(/^\/fhir\/?/, '')
    if (path === 'token' && issuer) return issuer.handle(call)
    if (call.headers.accept !== FHIR_JSON) return outcome(406, 'not-supported')
    if (path === 'metadata') return json(200, metadata)
    if (issuer && !issuer.accepts(call.headers.authorization)) return outcome(401, 'login')
    if (call.method === 'GET' && knownTypes.includes(path)) return json(200, searchset(path, call.url.searchParams))
    if (call.method === 'POST' && path.endsWith('/_search')) {
      if (call.headers['content-type'] !== 'application/x-www-form-urlencoded') return outcome(415, 'not-supported')
      return json(200, searchset(path.replace('/_search', ''), new URLSearchParams(call.body)))
    }
    if (call.method === 'GET' && path.startsWith('Patient/') && knowsPatient(path)) return json(200, {})
    if (call.method !== 'POST') return outcome(404, 'not-found')
    if (call.headers['content-type'] !== FHIR_JSON) return outcome(415, 'not-supported')
    if (abilities.objectsTo) return outcome(422, 'business-rule', abilities.objectsTo)
    try {
      const sent = JSON.parse(call.body) as Resource
      return path === '' ? transaction(call, sent) : createOne(call, path, sent)
    } catch (error) {
      if (error instanceof Refused) return error.reply
      throw error
    }
  }

  function createOne(call: HttpCall, type: string, sent: Resource): HttpReply {
    if (!creates.includes(type) || sent.resourceType !== type) return outcome(404, 'not-found')
    check(sent, '')
    const condition = conditionalCreate ? call.headers['if-none-exist'] : undefined
    const existing = typeof condition === 'string' ? oneOf(type, condition) : undefined
    const stored = existing ?? add(sent)
    if (!existing && type === 'Encounter') made.push({ encounter: stored, others: [] })
    const location = { location: `http://emr/fhir/${type}/${stored.id}/_history/1` }
    return shown(call)
      ? json(existing ? 200 : 201, stored, location)
      : { status: existing ? 200 : 201, headers: location }
  }

  function transaction(call: HttpCall, bundle: Resource): HttpReply {
    if (!transactions || bundle.resourceType !== 'Bundle' || bundle.type !== 'transaction')
      return outcome(404, 'not-found')
    check(bundle, '')
    const entries = (bundle.entry ?? []).map((entry, index) => sentEntry(entry, index))
    const found = entries.map(({ type, ifNoneExist }) =>
      conditionalCreate && ifNoneExist !== undefined ? oneOf(type, ifNoneExist) : undefined,
    )
    const ids = entries.map((_entry, index) => found[index]?.id ?? randomUUID())
    const urls = new Map(entries.map(({ fullUrl, type }, index) => [fullUrl, `${type}/${ids[index]}`]))
    // Everything is resolved before anything is stored: all or nothing.
    const wanted = entries.map(({ resource }, index) =>
      Object.assign(resolve(resource, urls), { id: ids[index] ?? '' }),
    )
    const kept = wanted.map((resource, index) => found[index] ?? resource)
    store.push(...wanted.filter((_resource, index) => !found[index]))
    const encounter = wanted.find(({ resourceType }, index) => resourceType === 'Encounter' && !found[index])
    if (encounter) made.push({ encounter, others: kept.filter((one) => one !== encounter) })
    const entry = kept.map((resource, index) => {
      const location = `${resource.resourceType}/${resource.id}/_history/1`
      const response = { status: found[index] ? '200 OK' : '201 Created', location }
      return shown(call) ? { resource, response } : { response }
    })
    return json(200, { resourceType: 'Bundle', type: 'transaction-response', entry })
  }

  function sentEntry({ fullUrl = '', resource, request }: NonNullable<Bundle['entry']>[number], index: number) {
    if (
      !resource ||
      request?.method !== 'POST' ||
      request.url !== resource.resourceType ||
      !creates.includes(request.url)
    )
      throw new Refused(outcome(400, 'invalid', [`Bundle.entry[${index}].request`]))
    check(resource, `Bundle.entry[${index}].resource.`)
    return { fullUrl, resource, type: request.url, ifNoneExist: request.ifNoneExist }
  }

  function resolve<Value>(value: Value, urls: Map<string, string>): Value
  function resolve(value: unknown, urls: Map<string, string>): unknown {
    if (Array.isArray(value)) return value.map((item: unknown) => resolve(item, urls))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, item]: [string, unknown]) => {
        if (name !== 'reference' || typeof item !== 'string') return [name, resolve(item, urls)]
        if (item.startsWith('urn:')) return [name, urls.get(item) ?? refuse(400, [])]
        const [type = '', query] = item.split('?')
        if (query === undefined) {
          if (type.startsWith('Patient/') && !knowsPatient(type)) refuse(abilities.patientRefusal ?? 404, [])
          return [name, item]
        }
        const matches = matching(type, new URLSearchParams(query))
        if (matches.length !== 1 && abilities.patientRefusal) refuse(abilities.patientRefusal, [])
        return [name, `${type}/${oneOf(type, query)?.id ?? refuse(404, [])}`]
      }),
    )
  }

  const knowsPatient = (reference: string) =>
    !abilities.patients || abilities.patients.some(({ id }) => reference === `Patient/${id}`)

  function oneOf(type: string, query: string): Kept | undefined {
    const matches = matching(type, new URLSearchParams(query))
    if (matches.length > 1) throw new Refused(outcome(412, 'multiple-matches'))
    return matches[0]
  }

  function matching(type: string, query: URLSearchParams): Kept[] {
    const [system, value] = (query.get('identifier') ?? '')
      .split(/(?<!\\)\|/)
      .map((part) => part.replaceAll(/\\(.)/g, '$1'))
    return store.filter((one) => {
      const identifiers = 'identifier' in one ? ([one.identifier].flat() as (Identifier | undefined)[]) : []
      const isWanted = (id: Identifier | undefined) => id?.system === system && id?.value === value
      return one.resourceType === type && (abilities.overlooks || identifiers.some(isWanted))
    })
  }

  const searchset = (type: string, query: URLSearchParams) => ({
    resourceType: 'Bundle',
    type: 'searchset',
    entry: matching(type, query).map((resource) => ({ resource, search: { mode: 'match' } })),
  })
  const shown = (call: HttpCall) => shows === 'if preferred' && call.headers.prefer === 'return=representation'

  const { baseUrl, ...server } = await openMisbehavingHttp({
    handle,
    creates: ({ method, url }) => method === 'POST' && /^\/fhir(\/Encounter)?$/.test(url.pathname),
    say: (code) => {
      const reply = outcome(code, 'processing')
      return code === 429 ? { ...reply, headers: { ...reply.headers, 'retry-after': '1' } } : reply
    },
  })
  return {
    ...server,
    options: { baseUrl: `${baseUrl}/fhir`, ...(issuer && { auth: issuer.auth(`${baseUrl}/fhir/token`) }) },
    credentials: {},
    // A FHIR server's 500 is its own fault, which the gateway reports as 502.
    cannotSay: [500],
    calls,
    add,
    enterLookAlike(how) {
      const [{ encounter } = refuse(404, [])] = made.splice(0)
      store.splice(store.indexOf(encounter), 1)
      const status = how === 'cancelled' ? 'cancelled' : how === 'closed' ? 'finished' : 'in-progress'
      for (const _each of how === 'twice the same' ? [1, 2] : [1]) {
        const entered = add({
          ...encounter,
          status,
          identifier: [{ system: 'urn:theirs', value: randomUUID() }],
        } as Encounter)
        made.push({ encounter: entered, others: [] })
      }
    },
    resources: (type) => store.filter(({ resourceType }) => type === undefined || resourceType === type),
    encounters: () =>
      made.map((content) => ({ encounterId: content.encounter.id, correlationKey: keyIn(content.encounter), content })),
    missing: ({ content }, sent) => missingFrom(content as KeptEncounter, sent, store),
  }
}
