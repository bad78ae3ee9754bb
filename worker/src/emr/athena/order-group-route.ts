import { EmrError, type EmrCall, type EncounterFound, type EncounterOrder } from '../emr.ts'
import { LookAlikes } from '../look-alikes.ts'
import { Encounters, OrderGroup, Reasons, codesOf, type ListedEncounter } from './answers.ts'
import { segment, type AthenaApi, type Caller } from './api.ts'
import { departmentOf, noteOf, notCarriedByOrderGroup, orderGroupForm, patientIdOf } from './encounter.ts'
import { mayBeOurs, searchDays, whose, type Sought } from './match.ts'
import type { Settings } from './options.ts'
import { complete, type Standing } from './parts.ts'
import type { Route } from './route.ts'

/** A patient with more order groups than this in a few days is for a person to look at. */
const MOST_READ = 20

/** An order group outside any visit: athena makes an encounter of type ORDERSONLY for it, dated today. */
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

  async find(order: EncounterOrder, call: EmrCall): Promise<EncounterFound | undefined> {
    const patient = this.#patient(order)
    return this.#lookAlikes.inTurn(patient, call.signal, async () => {
      const caller = { credentials: order.credentials, call }
      const found = await this.#search(patient, order, caller)
      return found && this.#finish(found.encounterId, order, found.standing, caller)
    })
  }

  async #search(patient: string, order: EncounterOrder, caller: Caller) {
    const sought = this.#soughtBy(order)
    const read = []
    for (const encounter of await this.#listed(patient, sought, order.correlationKey, caller)) {
      const encounterId = encounter.encounterid
      const reasons = await this.#api.get(`chart/encounter/${encounterId}/encounterreasons`, {}, Reasons, caller)
      const note = reasons.encounterreasonnote ?? ''
      const verdict = whose(encounter, note, sought)
      read.push({ encounterId, verdict, standing: { note, diagnoses: codesOf(encounter) } })
    }
    const ours = read.filter(({ verdict }) => verdict === 'ours')
    if (ours.length > 1) caller.call.log.warn({ encounters: ours.length }, 'emr.duplicate')
    const doubtful = read.filter(({ verdict }) => verdict === 'alike' || verdict === 'unclear')
    if (ours[0] || doubtful.length === 0) return ours[0]
    const [only, ...more] = doubtful
    if (only?.verdict === 'alike' && more.length === 0 && this.#settings.adoptUnmarked) return only
    throw undecided()
  }

  async #listed(patient: string, sought: Sought, key: string, caller: Caller): Promise<ListedEncounter[]> {
    const { departmentId } = sought
    const days = searchDays(new Date(), this.#settings.searchBackDays)
    // Until it is worked on, such an encounter has the status TEMP, which no list shows unless asked for all.
    const query = { departmentid: departmentId, ...days, showallstatuses: 'true', showdiagnoses: 'true' }
    const list = await this.#api.get(`chart/${patient}/encounters`, query, Encounters, caller)
    const candidates = list.encounters.filter(
      (encounter) => mayBeOurs(encounter, sought) && !this.#lookAlikes.isAnothers(encounter.encounterid, key),
    )
    if (list.next || candidates.length > MOST_READ) throw undecided()
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

  #patient({ encounter }: EncounterOrder): string {
    return segment(patientIdOf(encounter, this.#settings), '/PatientId')
  }

  #keyOf({ correlationKey }: EncounterOrder): string | undefined {
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

/** Better no answer than a wrong one: the job ends `OutcomeUnknown`, and a person who can see the chart decides. */
function undecided(): EmrError {
  const message = 'the EMR has encounters of the patient of which one may be this one, and nothing that tells which'
  return new EmrError(502, message, { outcomeUnknown: false, retry: false })
}
