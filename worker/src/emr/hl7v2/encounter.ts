import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { EmrError } from '../emr.ts'
import { Draft, type Spot } from './draft.ts'
import { parseElement } from './element.ts'
import { eventOf, isIn, patientClassOf, type CreatingEvent } from './event.ts'
import { inOrder, completeSegments } from './complete-segments.ts'
import { setHeader } from './header.ts'
import { leavesOf, type Leaf } from './leaves.ts'
import type { Site } from './options.ts'
import { carryProviders, isOfProvider } from './providers.ts'
import { inverseRelationship } from './relationships.ts'
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
  /** PID-18, where the message has one. */
  accountNumber: string | undefined
  /** Pointers of what the message does not say. */
  notCarried: string[]
  /** The A03 to send after it, where the site wants one. */
  discharge: Discharge | undefined
  pointersAt: Locator
}

/** Mistakes told of one request; more help nobody. */
const MOST_POINTERS = 200

type Context = {
  draft: Draft
  site: Site
  leaves: ReadonlyMap<string, Leaf>
  event: CreatingEvent
  correlationKey: string
}

/**
 * One encounter as ADT^A01, A04 or A05 for a site, under its correlation key (MSH-10). The same order makes the same message
 * but for the time of sending, and for the event where an encounter that was to come has begun meanwhile.
 * Throws `EmrError` 400 with the pointers of all values that do not fit what is agreed with the site.
 */
export function encodeEncounter(
  { correlationKey, encounter: request }: { correlationKey: string; encounter: PatientEncounter },
  site: Site,
  now: Date,
): EncodedEncounter {
  const event = eventOf(request.Encounter, site, now)
  const leaves = leavesOf(request)
  const draft = new Draft(site)
  const byPointer = new Map(leaves.map((leaf) => [leaf.pointer, leaf]))
  const context = { draft, site, leaves: byPointer, event, correlationKey }
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
    throw new EmrError(400, 'the encounter does not fit what is agreed with this EMR', {
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
    discharge: event === 'A05' ? undefined : dischargeOf(request, segments, { site, correlationKey, now }),
    pointersAt: locatorOf(draft),
  }
}

/** Puts a value where the table of fields, or the site, has its place. */
function place(leaf: Leaf, { draft, site, event }: Context): void {
  const { at, also = [] } = placeOf(leaf.path, site)
  if (!at) return
  const spot = spotOf(leaf, at)
  if (!draft.carry(leaf, at, spot)) return
  const unsaid = event === 'A05' ? 'EVN-6' : 'EVN-3'
  for (const element of also) if (element !== unsaid) draft.repeat(leaf, element, spot)
}

const repeating = new Set(['IN1', 'ROL', 'DG1'])

/** The first index is which segment, where the segment repeats, and the next which repetition of the field. */
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
    const { draft, site, event, leaves } = context
    const over = leaf.value.toLowerCase() === 'finished' && leaves.has('/Encounter/DischargeDateTime')
    const said =
      event === 'A05' ? isIn(site.plannedStatuses, leaf.value) : over || isIn(site.impliedStatuses, leaf.value)
    if (said) draft.imply(leaf.pointer)
    else place(leaf, context)
  },

  '/Encounter/DischargeDateTime'(leaf, context) {
    if (context.site.discharge === 'PV1-45') place(leaf, context)
  },

  // `fields` may send it somewhere beside PV1-19, which is set when all else is in place.
  '/Encounter/EncounterAlias'(leaf, context) {
    if (Object.hasOwn(context.site.fields, leaf.path)) place(leaf, context)
  },

  '/Encounter/ContributorSystemId'(leaf, context) {
    const { at } = placeOf(leaf.path, context.site)
    if (context.site.sendingApplication === '' || at !== 'MSH-3.1') place(leaf, context)
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

/** Sets PV1-19 and PV1-50, and tells what PV1-19 is. */
function setVisitNumber({ draft, site, leaves, correlationKey }: Context): string {
  if (site.alternateVisitId) draft.set('PV1-50.1', correlationKey)
  const alias = leaves.get('/Encounter/EncounterAlias')
  const aliasCarried = site.visitNumber !== 'key' && alias && draft.carry(alias, 'PV1-19.1')
  if (!aliasCarried && site.visitNumber === 'alias') draft.refuse('/Encounter/EncounterAlias')
  const visitNumber = alias && aliasCarried ? alias.value : correlationKey
  draft.set('PV1-19.1', visitNumber)
  draft.set('PV1-19.5', 'VN')
  return visitNumber
}
