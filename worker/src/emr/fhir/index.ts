import type { Reference } from 'fhir/r4.js'
import type { Emr, EmrCall, EncounterFound, EncounterOrder, ConnectionWith, EmrFactory, Rendered } from '../emr.ts'
import { unreadable, EmrError } from '../emr-error.ts'
import { cancelledSince, Undecided } from '../claim.ts'
import { consistentState } from '../encounter-state/refusals.ts'
import { openFhir, type FhirExchange } from '../fhir-r4/exchange.ts'
import {
  alternativeIdentifiers,
  bears,
  correlationKey,
  EncounterResource,
  isVoid,
  type OurIdentifier,
} from '../fhir-r4/identifiers.ts'
import { clinicians, pointersTo } from '../fhir-r4/objections.ts'
import { findPatient, identifierQuery, patientExists, token } from '../fhir-r4/patient.ts'
import { refusalOf } from '../fhir-r4/refusal.ts'
import type { HttpAnswer } from '../http/exchange.ts'
import { createdAlone, createdTogether, type Created } from './created.ts'
import { everything, openCapabilities, type Capabilities, type CapabilityReader } from './capabilities.ts'
import { carried, leavesBelow, stateRules, transactionOf, translate, type Translated } from './encounter.ts'
import { options, type FhirOptions } from './options.ts'
import { patientReference } from './patient.ts'

/**
 * Answers of a server that cannot do what its statement declares: not found, not allowed, unsupported media type, not
 * implemented.
 */
const notWhatItSaid = new Set([404, 405, 406, 412, 415, 501])
/**
 * With these, servers refuse a patient whom they do not know, or know twice, and many do not report which element was at
 * fault (LinuxForHealth FHIR 2556, Microsoft FHIR server 1175).
 */
const mayMeanPatient = new Set([400, 404, 412, 422])
/** No encounter has this key: it is searched for to see whether the server lets us search. */
const NOBODYS_KEY = 'check'

/**
 * Any FHIR R4 server (docs/emr/fhir.md): conditional create if the server supports it, else a search before each
 * creation; everything that does not fit into the Encounter is sent in one transaction if the server accepts one.
 */
export const fhir: EmrFactory<typeof options> = {
  options,
  carried,
  login: { AuthorizationToken: 'Authorization: Bearer, instead of `auth`' },
  canFind: () => true,
  create: (connection) => new FhirConnector(connection),
}

type Coded = Pick<EncounterOrder, 'correlationKey' | 'encounter'>

/** The patient of an identifier, for the server to resolve within a transaction. */
function conditionalReference({ system, value }: { system: string; value: string }): string {
  return `Patient?${identifierQuery(system, value)}`
}

class FhirConnector implements Emr {
  readonly #options: FhirOptions
  readonly #fhir: FhirExchange
  readonly #capabilities: CapabilityReader

  constructor(connection: ConnectionWith<typeof options>) {
    const { baseUrl, concurrency, auth } = connection
    this.#options = connection
    this.#fhir = openFhir({ baseUrl, connections: concurrency, auth })
    this.#capabilities = openCapabilities(this.#fhir, connection.transactions)
  }

  async create(order: EncounterOrder, call: EmrCall): Promise<EncounterFound> {
    consistentState(order.encounter, stateRules(order.encounter, this.#options, Date.now()))
    const able = await this.#capabilities.get(order.credentials, call)
    const patient = await this.#patient(order, able, call)
    const { translated, searchFirst } = this.#translate(order, able, patient)
    if (searchFirst) {
      const found = await this.#search(order, call, { writes: true })
      if (found) return this.#found(order, translated, found)
    }
    const { path, body, headers } = this.#messageOf(order, translated, able)
    const request = { method: 'POST' as const, path, body: JSON.stringify(body), headers, writes: true }
    const answer = await this.#fhir.send(request, order.credentials, call)
    if (answer.status !== 200 && answer.status !== 201) {
      const refusal = this.#refusal(answer, order, translated)
      throw mayMeanPatient.has(answer.status)
        ? await this.#becauseOfPatient({ refusal, status: answer.status }, order, patient, call)
        : refusal
    }
    const ours = this.#ours(order)
    const created = path === '' ? createdTogether(answer, translated.entries, ours) : createdAlone(answer, ours)
    return this.#found(order, translated, created ?? (await this.#whichThereWas(order, call)))
  }

  /**
   * After an answer that reports that one exists, but not which. The encounter exists, so a search that fails leaves it
   * in doubt.
   */
  async #whichThereWas(order: EncounterOrder, call: EmrCall): Promise<Created> {
    const found = await this.#search(order, call, { writes: true }).catch((error: unknown) => {
      if (error instanceof Undecided) throw error
    })
    if (!found) throw unreadable(true)
    return found
  }

  /** For a server that accepts everything, until `/metadata` was read; its patient is not looked up. */
  render(order: Coded): Rendered {
    consistentState(order.encounter, stateRules(order.encounter, this.#options, Date.now()))
    const able = this.#capabilities.known() ?? everything(this.#options.transactions)
    const named = patientReference(order.encounter, this.#options)
    const patient =
      'reference' in named
        ? named.reference
        : { reference: able.creates.size > 0 ? conditionalReference(named) : 'Patient/(patient id)' }
    const { translated } = this.#translate(order, able, patient)
    const { path, body } = this.#messageOf(order, translated, able)
    const message = { To: `POST ${path}`.trim(), ContentType: 'application/fhir+json', Body: JSON.stringify(body) }
    return { messages: [message], notCarried: translated.notCarried }
  }

  async find(order: EncounterOrder, call: EmrCall): Promise<EncounterFound | undefined> {
    const found = await this.#search(order, call)
    if (!found) return undefined
    const able = await this.#capabilities.get(order.credentials, call)
    return this.#found(order, this.#translate(order, able, {}).translated, found)
  }

  async check(call: EmrCall): Promise<void> {
    await this.#capabilities.get({}, call)
    await this.#search({ correlationKey: NOBODYS_KEY, credentials: {} }, call)
  }

  close(): Promise<void> {
    return this.#fhir.close()
  }

  /** In a transaction the server resolves the patient of an identifier by itself; outside one we have to. */
  async #patient({ encounter, credentials }: EncounterOrder, able: Capabilities, call: EmrCall): Promise<Reference> {
    const reference = patientReference(encounter, this.#options)
    if ('reference' in reference) return reference.reference
    if (able.creates.size > 0) return { reference: conditionalReference(reference) }
    const id = await findPatient(this.#fhir, { ...reference, by: 'POST' }, credentials, call)
    return { reference: `Patient/${id}` }
  }

  /** The refusal itself, or the one that names the patient if a question shows that this is why. */
  async #becauseOfPatient(
    { refusal, status }: { refusal: EmrError; status: number },
    { encounter, credentials }: EncounterOrder,
    { reference }: Reference,
    call: EmrCall,
  ): Promise<EmrError> {
    if (refusal.pointers.length > 0) return refusal
    const named = patientReference(encounter, this.#options)
    try {
      if (!('reference' in named)) await findPatient(this.#fhir, { ...named, by: 'POST' }, credentials, call)
      // 412 is about several records, and an id has one at most.
      else if (reference && status !== 412) await patientExists(this.#fhir, reference, credentials, call)
    } catch (error) {
      // Any other fault of the question says nothing about the answer before it.
      if (error instanceof EmrError && error.pointers.includes('/PatientId')) return error
    }
    return refusal
  }

  #translate({ correlationKey, encounter }: Coded, able: Capabilities, patient: Reference) {
    const about = { options: this.#options, patient, now: Date.now() }
    const translated = translate({ correlationKey, encounter }, { ...about, takes: able })
    const conditional = translated.entries.filter((entry) => entry.ifNoneExist !== undefined)
    const tooMany = conditional.length > 0 && translated.entries.length > this.#options.maxConditionalEntries
    if (tooMany) {
      const takes = { creates: able.creates, conditionally: new Set<string>() }
      return { translated: translate({ correlationKey, encounter }, { ...about, takes }), searchFirst: true }
    }
    const alone = translated.entries.length === 1
    const guarded = alone ? able.conditionally.has('Encounter') : conditional.length === translated.entries.length
    return { translated, searchFirst: !guarded }
  }

  #messageOf({ correlationKey: key }: Coded, { encounter, entries }: Translated, able: Capabilities) {
    const headers = { prefer: 'return=representation' }
    if (entries.length > 1) return { path: '', body: transactionOf(entries), headers }
    const condition = identifierQuery(this.#options.identifierSystem, key)
    const guard = able.conditionally.has('Encounter') ? { 'if-none-exist': condition } : {}
    return { path: 'Encounter', body: encounter, headers: { ...headers, ...guard } }
  }

  async #search(
    { correlationKey: key, credentials }: Pick<EncounterOrder, 'correlationKey' | 'credentials'>,
    call: EmrCall,
    about: { writes?: boolean } = {},
  ) {
    const ours = this.#ours({ correlationKey: key })
    const query = { identifier: token(ours.system, key) }
    const listed = await this.#fhir.search(
      { method: 'GET', path: 'Encounter', query },
      EncounterResource,
      credentials,
      call,
    )
    const found = listed.filter((one) => bears(one, ours))
    if (found.length > 1) call.log.warn({ encounters: found.length }, 'emr.duplicate')
    const standing = found.find((one) => !isVoid(one))
    if (!standing && found.length > 0) throw cancelledSince(about)
    return standing && { id: standing.id, identifiers: standing.identifier ?? [] }
  }

  /** `existed` names the entries that the server already had; without it, none that it may have had is confirmed. */
  #found(
    order: EncounterOrder,
    { entries, notCarried }: Translated,
    { id, identifiers, existed }: Created,
  ): EncounterFound {
    const details = entries.filter((_entry, index) => existed?.has(index) ?? true).flatMap((entry) => entry.details)
    const lost = new Set([...notCarried, ...leavesBelow(order.encounter, details)])
    return {
      EncounterId: id,
      AlternativeIdentifiers: identifiers
        ? alternativeIdentifiers(identifiers, this.#ours(order))
        : [correlationKey(order.correlationKey)],
      NotCarried: [...lost],
    }
  }

  #ours({ correlationKey: key }: Pick<EncounterOrder, 'correlationKey'>): OurIdentifier {
    return { system: this.#options.identifierSystem, key }
  }

  #refusal(answer: HttpAnswer, { encounter }: EncounterOrder, { entries, encounter: sent }: Translated): EmrError {
    if (notWhatItSaid.has(answer.status)) this.#capabilities.forget()
    return refusalOf(answer, (expressions) =>
      pointersTo(expressions, {
        encounter,
        carried,
        resources: entries,
        lists: { ...clinicians(encounter, sent.participant), 'Encounter.diagnosis': 0 },
      }),
    )
  }
}
