import { cancelledSince, onlyOne, verdictOn } from '../claim.ts'
import type { Emr, EmrCall, EncounterFound, EncounterOrder, ConnectionWith, EmrFactory, Rendered } from '../emr.ts'
import { unreadable, notAgreed, type EmrError } from '../emr-error.ts'
import { consistentState } from '../encounter-state/refusals.ts'
import { idInLocation, openFhir, type FhirExchange } from '../fhir-r4/exchange.ts'
import { alternativeIdentifiers, EncounterResource, isVoid, type Identifier } from '../fhir-r4/identifiers.ts'
import { clinicians, pointersTo } from '../fhir-r4/objections.ts'
import { findPatient, namedPatient, unknownPatientIdType } from '../fhir-r4/patient.ts'
import { refusalOf } from '../fhir-r4/refusal.ts'
import { jsonAs, type HttpAnswer } from '../http/exchange.ts'
import { LookAlikes } from '../look-alikes.ts'
import { forEncounter, isSame, ShownCoverage } from './coverage.ts'
import { carried, pointersOf, translate, type Translated } from './encounter.ts'
import { options, siteOf, type Site } from './options.ts'
import { hasKey, likenessOf, queryByDate, queryByKey, ShownEncounter } from './search.ts'

/** No encounter has this id; asking for it shows whether we have access. */
const NOBODYS_ID = '0'

/**
 * Oracle Health Millennium over FHIR R4 (docs/emr/cerner.md): one POST /Encounter without any guard against a second
 * one, then a Coverage for each insurance. What Millennium does not allow writing is never sent.
 */
export const cerner: EmrFactory<typeof options> = {
  options,
  carried,
  login: { AuthorizationToken: 'Authorization: Bearer, instead of `auth`' },
  canFind: () => true,
  create: (connection) => new CernerConnector(connection),
}

class CernerConnector implements Emr {
  readonly findsBy: 'key' | 'likeness'
  readonly #site: Site
  readonly #fhir: FhirExchange
  readonly #lookAlikes = new LookAlikes()

  constructor(connection: ConnectionWith<typeof options>) {
    const { baseUrl, concurrency, auth } = connection
    this.#site = siteOf(connection)
    this.findsBy = this.#site.findsBy === 'identifier' ? 'key' : 'likeness'
    this.#fhir = openFhir({ baseUrl, connections: concurrency, auth, refusal: (answer) => refusal(answer) })
  }

  async create(order: EncounterOrder, call: EmrCall): Promise<EncounterFound> {
    consistentState(order.encounter, { now: Date.now(), statusCodes: this.#site.statusCodes })
    const { patientId, translated } = await this.#translate(order, call)
    return this.#inTurn(patientId, call, async () => {
      const request = {
        method: 'POST' as const,
        path: 'Encounter',
        body: JSON.stringify(translated.encounter),
        writes: true,
      }
      const answer = await this.#fhir.send(request, order.credentials, call)
      if (answer.status !== 201) throw refusal(answer, objectionsTo(order, translated))
      const id = idInLocation('Encounter', answer.headers.location)
      if (id === undefined) throw unreadable(true)
      this.#lookAlikes.give(id, order.correlationKey)
      return this.#complete(
        order,
        id,
        translated,
        { identifiers: this.#identifiers(id, order, call), present: [], isOurs: true },
        call,
      )
    })
  }

  render({ correlationKey, encounter }: Pick<EncounterOrder, 'correlationKey' | 'encounter'>): Rendered {
    consistentState(encounter, { now: Date.now(), statusCodes: this.#site.statusCodes })
    const named = namedPatient(encounter, this.#site.patientIdentifierSystems)
    if (named.by === 'unknown type') throw unknownPatientIdType(encounter)
    const patientId = named.by === 'id' ? named.id : '(patient id)'
    const order = { correlationKey, encounter, credentials: {} }
    const translated = translate(order, { site: this.#site, patientId, now: Date.now() })
    const message = (type: string, resource: object) => ({
      To: `POST ${type}`,
      ContentType: 'application/fhir+json',
      Body: JSON.stringify(resource),
    })
    const coverages = translated.coverages.map(({ coverage }) => forEncounter(coverage, '(encounter id)'))
    return {
      messages: [
        message('Encounter', translated.encounter),
        ...coverages.map((coverage) => message('Coverage', coverage)),
      ],
      notCarried: translated.notCarried,
    }
  }

  async find(order: EncounterOrder, call: EmrCall): Promise<EncounterFound | undefined> {
    const { patientId, translated } = await this.#translate(order, call)
    return this.#inTurn(patientId, call, async () => {
      const found = await this.#search(order, patientId, translated, call)
      if (!found) return undefined
      this.#lookAlikes.give(found.id, order.correlationKey)
      const identifiers = Promise.resolve(found.identifier ?? [])
      const present = translated.coverages.length === 0 ? [] : await this.#coverages(found.id, order, call)
      return this.#complete(order, found.id, translated, { identifiers, present, isOurs: this.findsBy === 'key' }, call)
    })
  }

  async check(call: EmrCall): Promise<void> {
    const query = { _id: NOBODYS_ID }
    await this.#fhir.search({ method: 'GET', path: 'Encounter', query }, EncounterResource, {}, call)
  }

  close(): Promise<void> {
    return this.#fhir.close()
  }

  async #translate(order: EncounterOrder, call: EmrCall) {
    const patientId = await this.#patientId(order, call)
    // if the dates decide the status, the status sent is what they implied at the time
    const now = order.firstAttemptAt ?? Date.now()
    return { patientId, translated: translate(order, { site: this.#site, patientId, now }) }
  }

  /** Millennium's id of the patient: as given, or looked up by an identifier. */
  async #patientId({ encounter, credentials }: EncounterOrder, call: EmrCall): Promise<string> {
    const named = namedPatient(encounter, this.#site.patientIdentifierSystems)
    if (named.by === 'id') return named.id
    if (named.by === 'unknown type') throw unknownPatientIdType(encounter)
    return findPatient(this.#fhir, { ...named, by: 'GET' }, credentials, call)
  }

  /** If they do not carry our key, encounters of one patient are created and searched for one after the other. */
  #inTurn<Value>(patientId: string, { signal }: EmrCall, action: () => Promise<Value>): Promise<Value> {
    return this.findsBy === 'key' ? action() : this.#lookAlikes.inTurn(patientId, signal, action)
  }

  async #search(
    order: EncounterOrder,
    patientId: string,
    translated: Translated,
    call: EmrCall,
  ): Promise<ShownEncounter | undefined> {
    const byKey = this.findsBy === 'key'
    const query = byKey ? queryByKey(order, this.#site) : queryByDate(order, patientId)
    const listed = await this.#fhir.search(
      { method: 'GET', path: 'Encounter', query },
      ShownEncounter,
      order.credentials,
      call,
    )
    if (byKey) {
      const ours = listed.filter((shown) => hasKey(shown, order))
      if (ours.length > 1) call.log.warn({ encounters: ours.length }, 'emr.duplicate')
      const standing = ours.find((shown) => !isVoid(shown))
      if (!standing && ours.length > 0) throw cancelledSince()
      return standing
    }
    const candidates = listed
      .filter((shown) => !this.#lookAlikes.isAnothers(shown.id, order.correlationKey))
      .map((shown) => ({ shown, verdict: verdictOn(likenessOf(shown, translated), order, { adopts: false }) }))
    return onlyOne(candidates)?.shown
  }

  /**
   * The encounter exists: from here on nothing fails any more. `present` are the Coverages it already has, `undefined`
   * if they could not be read; then none is sent, or there might be two. None is sent either to an encounter that
   * merely looks like ours. What is not surely there is reported as not carried.
   */
  async #complete(
    order: EncounterOrder,
    id: string,
    { coverages, notCarried }: Translated,
    known: { identifiers: Promise<Identifier[]>; present: ShownCoverage[] | undefined; isOurs: boolean },
    call: EmrCall,
  ): Promise<EncounterFound> {
    const lost = new Set(notCarried)
    // One after the other: the first one is to be the primary insurance.
    for (const { item, coverage } of coverages) {
      if (known.present?.some((shown) => isSame(shown, coverage))) continue
      const body = JSON.stringify(forEncounter(coverage, id))
      const request = { method: 'POST' as const, path: 'Coverage', body, writes: true }
      const mayBeSent = known.present && known.isOurs
      const sent = mayBeSent && (await this.#fhir.send(request, order.credentials, call).catch(() => undefined))
      if (sent && sent.status === 201) continue
      call.log.warn({ insurance: item, status: sent ? sent.status : 0 }, 'emr.coverageFailed')
      for (const pointer of pointersOf(order.encounter, item)) lost.add(pointer)
    }
    const ours = { system: this.#site.identifierSystem ?? '', key: order.correlationKey }
    const AlternativeIdentifiers = alternativeIdentifiers(await known.identifiers, ours)
    return { EncounterId: id, AlternativeIdentifiers, NotCarried: [...lost] }
  }

  /** The identifiers that Millennium gave the encounter, such as its FIN; none if it does not show them. */
  async #identifiers(id: string, { credentials }: EncounterOrder, call: EmrCall): Promise<Identifier[]> {
    try {
      const answer = await this.#fhir.send({ method: 'GET', path: `Encounter/${id}`, writes: false }, credentials, call)
      return answer.status === 200 ? (jsonAs(answer, EncounterResource).identifier ?? []) : []
    } catch {
      return []
    }
  }

  async #coverages(id: string, { credentials }: EncounterOrder, call: EmrCall): Promise<ShownCoverage[] | undefined> {
    const request = { method: 'GET' as const, path: 'Coverage', query: { '-encounter': id } }
    return this.#fhir.search(request, ShownCoverage, credentials, call).catch(() => undefined)
  }
}

/** Millennium answers 403 for a tenant that is not valid or not open to us: no user can fix that. */
function refusal(answer: HttpAnswer, pointersOf?: (expressions: string[]) => string[]): EmrError {
  if (answer.status !== 403) return refusalOf(answer, pointersOf)
  const message = 'the EMR does not give the gateway access to this tenant'
  return notAgreed(message)
}

/** Finds the fields of the request that Millennium objects to. */
function objectionsTo(
  { encounter }: EncounterOrder,
  { encounter: sent }: Translated,
): (expressions: string[]) => string[] {
  const lists = clinicians(encounter, sent.participant)
  return (expressions) => pointersTo(expressions, { encounter, carried, resources: [{ resource: sent }], lists })
}
