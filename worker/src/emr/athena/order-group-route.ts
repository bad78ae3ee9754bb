import { alike, cancelledSince, onlyOne, verdictOn } from '../claim.ts'
import type { EmrCall, EncounterFound, EncounterOrder, Rendered } from '../emr.ts'
import { LookAlikes } from '../look-alikes.ts'
import { Encounters, OrderGroup, Orders, Reasons, codesOf, hasOrders, type ListedEncounter } from './answers.ts'
import { previewOf, segment, type AthenaApi, type Caller } from './api.ts'
import { departmentOf, noteOf, notCarriedByOrderGroup, orderGroupForm, patientIdOf } from './encounter.ts'
import { isDeleted, keyIn, likenessOf, mayBeOurs, searchDays, type Sought } from './match.ts'
import type { Settings } from './options.ts'
import { complete, partsOf, type Standing } from './parts.ts'
import type { Route } from './route.ts'

/** A patient with more order groups than this in a few days needs a person to look. */
const MOST_READ = 20

/** An order group outside any visit: athena creates an encounter of type ORDERSONLY for it, dated today. */
export class OrderGroupRoute implements Route {
  readonly #api: AthenaApi
  readonly #settings: Settings
  readonly #lookAlikes = new LookAlikes()

  constructor(api: AthenaApi, settings: Settings) {
    this.#api = api
    this.#settings = settings
  }

  async create(order: EncounterOrder, call: EmrCall): Promise<EncounterFound> {
    const patient = this.#patient(order)
    return this.#lookAlikes.inTurn(patient, call.signal, async () => {
      const caller = { credentials: order.credentials, call }
      const form = orderGroupForm(order.encounter, this.#settings)
      const path = `chart/${patient}/ordergroups`
      const made = await this.#api.make({ method: 'POST', path, form, creates: true }, OrderGroup, caller)
      return this.#finish(made.encounterid, order, { note: '', diagnoses: [] }, caller)
    })
  }

  render({ encounter, correlationKey }: Pick<EncounterOrder, 'correlationKey' | 'encounter'>): Rendered {
    const path = `chart/${this.#patient({ encounter })}/ordergroups`
    const made = { method: 'POST' as const, path, form: orderGroupForm(encounter, this.#settings) }
    const parts = partsOf(encounter, this.#settings, this.#keyOf({ correlationKey }))
    return {
      messages: [made, ...parts].map(previewOf),
      notCarried: notCarriedByOrderGroup(encounter, this.#settings, new Set()),
    }
  }

  async find(order: EncounterOrder, call: EmrCall): Promise<EncounterFound | undefined> {
    const patient = this.#patient(order)
    return this.#lookAlikes.inTurn(patient, call.signal, async () => {
      const caller = { credentials: order.credentials, call }
      const found = await this.#search(patient, order, caller)
      return found && this.#finish(found.encounterId, order, found.standing, caller)
    })
  }

  /** By our key, or else, if the site allows it, the only one that looks like ours and is untouched. */
  async #search(patient: string, order: EncounterOrder, caller: Caller) {
    const sought = this.#soughtBy(order)
    const adopts = this.#settings.adoptUnmarked
    const keyed = []
    const unmarked = []
    for (const encounter of await this.#listed(patient, sought, order, caller)) {
      const encounterId = encounter.encounterid
      const reasons = await this.#api.get(`chart/encounter/${encounterId}/encounterreasons`, {}, Reasons, caller)
      const note = reasons.encounterreasonnote ?? ''
      const one = { encounterId, encounter, standing: { note, diagnoses: codesOf(encounter) } }
      const key = keyIn(note, sought)
      if (key === 'ours') keyed.push(one)
      if (key !== 'none') continue
      const verdict = verdictOn(likenessOf(encounter, note, sought), order, { adopts })
      unmarked.push({ ...one, verdict })
    }
    if (keyed.length > 1) caller.call.log.warn({ encounters: keyed.length }, 'emr.duplicate')
    const ours = keyed.find(({ encounter }) => !isDeleted(encounter))
    if (ours) return ours
    if (keyed.length > 0) throw cancelledSince()
    const alone = onlyOne(unmarked)
    if (alone && (await this.#isWorkedOn(alone.encounterId, caller))) throw alike()
    return alone
  }

  /** Whether someone has placed an order in it. Ours would still be empty. */
  async #isWorkedOn(encounterId: string, caller: Caller): Promise<boolean> {
    return hasOrders(await this.#api.get(`chart/encounter/${encounterId}/orders`, {}, Orders, caller))
  }

  async #listed(
    patient: string,
    sought: Sought,
    { correlationKey: key, firstAttemptAt }: EncounterOrder,
    caller: Caller,
  ): Promise<ListedEncounter[]> {
    const { departmentId } = sought
    const days = searchDays(Date.now(), this.#settings.searchBackDays, firstAttemptAt)
    // Until someone works on it, such an encounter has the status TEMP, which no list shows unless asked for all.
    const query = { departmentid: departmentId, ...days, showallstatuses: 'true', showdiagnoses: 'true' }
    const list = await this.#api.get(`chart/${patient}/encounters`, query, Encounters, caller)
    const candidates = list.encounters.filter(
      (encounter) => mayBeOurs(encounter, sought) && !this.#lookAlikes.isAnothers(encounter.encounterid, key),
    )
    if (list.next || candidates.length > MOST_READ) throw alike()
    return candidates
  }

  async #finish(
    encounterId: string,
    order: EncounterOrder,
    standing: Standing,
    caller: Caller,
  ): Promise<EncounterFound> {
    this.#lookAlikes.give(encounterId, order.correlationKey)
    const made = { order, encounterId, standing, key: this.#keyOf(order) }
    const failed = await complete(this.#api, this.#settings, made, caller)
    const NotCarried = notCarriedByOrderGroup(order.encounter, this.#settings, failed)
    return { EncounterId: encounterId, AlternativeIdentifiers: [], NotCarried }
  }

  #patient({ encounter }: Pick<EncounterOrder, 'encounter'>): string {
    return segment(patientIdOf(encounter, this.#settings), '/PatientId')
  }

  #keyOf({ correlationKey }: Pick<EncounterOrder, 'correlationKey'>): string | undefined {
    return this.#settings.keyInNote ? correlationKey : undefined
  }

  #soughtBy(order: EncounterOrder): Sought {
    const { encounter, correlationKey: key } = order
    return {
      key,
      departmentId: departmentOf(encounter, this.#settings),
      providerId: encounter.Encounter.AttendingProviderId,
      note: noteOf(encounter, this.#keyOf(order)),
      codes: encounter.Encounter.ICD10DXCodeIds ?? [],
    }
  }
}
