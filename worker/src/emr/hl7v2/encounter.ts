import type { EncounterState } from '@encounter-gateway/shared/contract/encounter-state.ts'
import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { refused, type EmrError } from '../emr-error.ts'
import { consistentState } from '../encounter-state/refusals.ts'
import { Draft, type Spot } from './draft.ts'
import { parseElement } from './element.ts'
import { eventOf, isIn, patientClassOf, stateRules, type CreatingEvent } from './event.ts'
import { inOrder, completeSegments } from './complete-segments.ts'
import { setHeader } from './header.ts'
import { leavesOf, type Leaf } from './leaves.ts'
import type { Site } from './options.ts'
import { carryProviders, isOfProvider } from './providers.ts'
import { withDot } from '../icd-10-cm.ts'
import { inverseRelationship } from '../relationships.ts'
import { nameOf } from '../person-name.ts'
import { writeMessage } from './segment.ts'
import { placeOf } from './site.ts'
import { dischargeOf, type Discharge } from './discharge.ts'
import { locatorOf, type Locator } from './error-location.ts'

export { carried, notCarried } from './fields.ts'

/** An encounter as a message, and what must be remembered to understand the answer. */
export type EncodedEncounter = {
  event: CreatingEvent
  bytes: Buffer
  /** PV1-19 as sent. */
  visitNumber: string
  /** PID-18, if the message has one. */
  accountNumber: string | undefined
  /** Pointers of what the message does not hold. */
  notCarried: string[]
  /** The A03 to send after it, if the site requires one. */
  discharge: Discharge | undefined
  pointersAt: Locator
}

/** The maximum number of mistakes reported per request; more help nobody. */
const MOST_POINTERS = 200

type Context = {
  draft: Draft
  site: Site
  leaves: ReadonlyMap<string, Leaf>
  state: EncounterState
  event: CreatingEvent
  correlationKey: string
}

/**
 * One encounter as ADT^A01, A04 or A05 for a site, under its correlation key (MSH-10). The same order gives the same
 * message except for the time of sending, and except for the event if a planned encounter has begun meanwhile. Throws
 * `EmrError` 400 with the pointers of fields that contradict each other, or of all values that do not fit the site's
 * configuration.
 */
export function encodeEncounter(
  { correlationKey, encounter: request }: { correlationKey: string; encounter: PatientEncounter },
  site: Site,
  now: Date,
): EncodedEncounter {
  const state = consistentState(request, stateRules(request.Encounter, site, now))
  if (state.phase === 'finished' && !request.Encounter.DischargeDateTime) throw notDischarged()
  const event = eventOf(request.Encounter, state, site)
  const leaves = leavesOf(request)
  const draft = new Draft(site)
  const byPointer = new Map(leaves.map((leaf) => [leaf.pointer, leaf]))
  const context = { draft, site, leaves: byPointer, state, event, correlationKey }
  setHeader(draft, site, { event, correlationKey, now })
  draft.setParts('PID-5', site.unknownName)
  for (const leaf of leaves) {
    if (!isOfProvider(leaf)) (special[leaf.path] ?? place)(leaf, context)
  }
  carryProviders(draft, site, leaves)
  const visitNumber = setVisitNumber(context)
  if (!draft.has('PV1-2')) draft.set('PV1-2', site.defaultPatientClass)
  completeSegments(draft, site)
  if (draft.refused.length > 0) {
    throw refused(400, {
      because: 'the encounter does not fit the configuration of this connection',
      pointers: draft.refused.slice(0, MOST_POINTERS),
    })
  }
  const segments = inOrder(draft.segments).map(({ segment }) => segment)
  const carried = draft.carriedPointers()
  const account = byPointer.get('/Encounter/FinancialNumber')
  return {
    event,
    bytes: writeMessage(segments, site.characterSet),
    visitNumber,
    accountNumber: account && carried.has(account.pointer) ? account.value : undefined,
    notCarried: leaves.map(({ pointer }) => pointer).filter((pointer) => !carried.has(pointer)),
    discharge: state.phase === 'finished' ? dischargeOf(request, segments, { site, correlationKey, now }) : undefined,
    pointersAt: locatorOf(draft),
  }
}

/** Places a value where the table of fields, or the site, puts it. */
function place(leaf: Leaf, { draft, site }: Context): void {
  const { at, also = [] } = placeOf(leaf.path, site)
  if (at) placeAt(draft, leaf, [at, ...also])
}

/** Places a value at the first of several elements, and repeats it at the others. */
function placeAt(draft: Draft, leaf: Leaf, [at = '', ...also]: string[]): void {
  const spot = spotOf(leaf, at)
  if (draft.carry(leaf, at, spot)) for (const element of also) draft.repeat(leaf, element, spot)
}

/** The A01 or A04 of a patient who has left would be a live admission without an end. */
function notDischarged(): EmrError {
  return refused(400, {
    because: 'this EMR requires the discharge time of a finished encounter',
    pointers: ['/Encounter/EncounterStatusId', '/Encounter/DischargeDateTime'],
  })
}

const repeating = new Set(['IN1', 'ROL', 'DG1'])

/** The first index selects the segment, if the segment repeats, and the next the repetition of the field. */
function spotOf({ path, indexes }: Leaf, element: string): Spot & { separator?: string } {
  const { segment } = parseElement(element)
  const separator = path.endsWith('/Address3') ? { separator: ', ' } : {}
  if (segment.startsWith('Z')) return { instance: indexes, ...separator }
  const [first, second = 0] = indexes
  if (repeating.has(segment) && first !== undefined) return { instance: [first], repetition: second, ...separator }
  return { repetition: first ?? 0, ...separator }
}

const special: Record<string, (leaf: Leaf, context: Context) => void> = {
  '/Encounter/PatientClassId': (leaf, context) =>
    place({ ...leaf, value: patientClassOf(leaf.value, context.site) }, context),

  '/Encounter/EncounterStatusId'(leaf, context) {
    const { draft, site, state } = context
    const said = state.told && state.status !== 'onleave' && state.status !== 'unknown'
    if (said || (state.phase !== 'planned' && isIn(site.impliedStatuses, leaf.value))) draft.imply(leaf.pointer)
    // A word that is understood but has no element is reported; a code that is not understood might mean anything, and
    // has to arrive.
    else if (!state.told || Object.hasOwn(site.fields, leaf.path)) place(leaf, context)
  },

  // A planned encounter must not hold any sign of a beginning: PV1-44 and EVN-6 are admissions.
  '/Encounter/EncounterDateTime'(leaf, context) {
    const { draft, event, site, leaves } = context
    if (Object.hasOwn(site.fields, leaf.path) || event !== 'A05') return place(leaf, context)
    placeAt(draft, leaf, leaves.has('/Encounter/EstimatedArrivalDateTime') ? ['EVN-3'] : ['PV2-8', 'EVN-3'])
  },

  '/Encounter/EstimatedArrivalDateTime'(leaf, context) {
    const { draft, event, site, leaves } = context
    if (Object.hasOwn(site.fields, leaf.path)) return place(leaf, context)
    placeAt(
      draft,
      leaf,
      event === 'A05' && !leaves.has('/Encounter/EncounterDateTime') ? ['PV2-8', 'EVN-3'] : ['PV2-8'],
    )
  },

  // A future one is the expected discharge, not a discharge.
  '/Encounter/DischargeDateTime'(leaf, context) {
    const { draft, state, site, leaves } = context
    if (state.phase === 'finished') return site.discharge === 'PV1-45' ? place(leaf, context) : undefined
    const expected = '/Encounter/EstimatedDischargeDateTime'
    const { at } = placeOf(expected, site)
    if (at && !leaves.has(expected)) placeAt(draft, leaf, [at])
  },

  // `fields` may send it to an element besides PV1-19, which is set when all else is in place.
  '/Encounter/EncounterAlias'(leaf, context) {
    if (Object.hasOwn(context.site.fields, leaf.path)) place(leaf, context)
  },

  '/Encounter/ContributorSystemId'(leaf, context) {
    const { at } = placeOf(leaf.path, context.site)
    if (context.site.sendingApplication === '' || at !== 'MSH-3.1') place(leaf, context)
  },

  '/Encounter/ICD10DXCodeIds/*'(leaf, context) {
    const isClinicalModification = context.site.diagnosisCodingSystem === 'I10C'
    place(isClinicalModification ? { ...leaf, value: withDot(leaf.value) } : leaf, context)
  },

  '/Encounter/Insurances/*/Subscriber'(leaf, context) {
    const { draft, site } = context
    const { at = '' } = placeOf(leaf.path, site)
    const name = at === 'IN1-16.1.1' ? nameOf(leaf.value, site.subscriberName) : undefined
    if (!name) return place(leaf, context)
    const spot = spotOf(leaf, at)
    if (!draft.carry({ ...leaf, value: name.family }, at, spot)) return
    if (!draft.carry({ ...leaf, value: name.given }, 'IN1-16.2', spot)) draft.tell(leaf.pointer)
  },

  '/Encounter/Insurances/*/PatientRelationshipToSubscriber'(leaf, context) {
    const { draft, site, leaves } = context
    if (Object.hasOwn(site.fields, leaf.path)) return place(leaf, context)
    const path = '/Encounter/Insurances/*/SubscriberRelationshipToPatientId'
    const other = leaves.get(path.replace('*', String(leaf.indexes[0])))
    const value = inverseRelationship(leaf.value)
    if (other && (other.value === value || inverseRelationship(other.value) === leaf.value)) draft.imply(leaf.pointer)
    if (!other && value) place({ ...leaf, path, value }, context)
  },
}

/** Sets PV1-19 and PV1-50, and returns what PV1-19 is. */
function setVisitNumber({ draft, site, leaves, correlationKey }: Context): string {
  if (site.alternateVisitId) draft.set('PV1-50.1', correlationKey)
  const alias = leaves.get('/Encounter/EncounterAlias')
  const aliasCarried = site.visitNumber !== 'key' && alias && draft.carry(alias, 'PV1-19.1')
  if (!aliasCarried && site.visitNumber === 'alias') draft.refuse('/Encounter/EncounterAlias')
  const visitNumber = alias && aliasCarried ? alias.value : correlationKey
  draft.set('PV1-19.1', visitNumber)
  return visitNumber
}
