import { SECOND, MINUTE } from '@encounter-gateway/shared/durations.ts'
import { Type, type Static } from '@sinclair/typebox'
import type { CodeableConcept } from 'fhir/r4.js'
import { alike, CLOCKS_APART_MS, comparedWith, type Compared, type Likeness, type Span } from '../claim.ts'
import type { EncounterOrder } from '../emr.ts'
import { EncounterResource, isVoid } from '../fhir-r4/identifiers.ts'
import { token } from '../fhir-r4/patient.ts'
import type { Translated } from './encounter.ts'
import type { Site } from './options.ts'

/** The `meta.versionId` of a new encounter: Millennium counts its changes. */
const UNCHANGED = '0'

const Text = Type.Optional(Type.String())
const Refers = Type.Object({ reference: Text })
const Concept = Type.Object({
  text: Text,
  coding: Type.Optional(Type.Array(Type.Object({ code: Text, display: Text }))),
})
/** The part of an encounter that is read to decide whether it is the one that was to be created. */
export const ShownEncounter = Type.Intersect([
  EncounterResource,
  Type.Object({
    meta: Type.Optional(Type.Object({ versionId: Text, lastUpdated: Text })),
    subject: Type.Optional(Refers),
    period: Type.Optional(Type.Object({ start: Text, end: Text })),
    type: Type.Optional(Type.Array(Concept)),
    priority: Type.Optional(Concept),
    reasonCode: Type.Optional(Type.Array(Concept)),
    location: Type.Optional(Type.Array(Type.Object({ location: Type.Optional(Refers) }))),
    serviceProvider: Type.Optional(Refers),
    participant: Type.Optional(Type.Array(Type.Object({ individual: Type.Optional(Refers) }))),
    hospitalization: Type.Optional(Type.Object({ admitSource: Type.Optional(Concept) })),
  }),
])
export type ShownEncounter = Static<typeof ShownEncounter>
type ShownConcept = Static<typeof Concept>

/** By our own identifier, which is enough alone. */
export function queryByKey({ correlationKey }: EncounterOrder, { identifierSystem = '' }: Site): URLSearchParams {
  return new URLSearchParams({ identifier: token(identifierSystem, correlationKey) })
}

/** Whether it bears our key. For a pool without an OID Millennium shows no system; the key alone is unique. */
export function hasKey({ identifier = [] }: ShownEncounter, { correlationKey }: EncounterOrder): boolean {
  return identifier.some(({ value }) => value === correlationKey)
}

/**
 * By patient and time, for a site that takes no identifiers of ours, excluding what was last changed before the first
 * attempt. Throws `Undecided` for an encounter without a time: then nothing distinguishes it from the patient's others,
 * and a person has to look.
 */
export function queryByDate({ encounter, firstAttemptAt = 0 }: EncounterOrder, patientId: string): URLSearchParams {
  const start = Date.parse(encounter.Encounter.EncounterDateTime ?? '')
  if (Number.isNaN(start)) throw alike()
  const since = Math.max(firstAttemptAt - CLOCKS_APART_MS, 0)
  return new URLSearchParams([
    ['patient', patientId],
    ['date', `ge${new Date(start - MINUTE).toISOString()}`],
    ['date', `le${new Date(start + MINUTE).toISOString()}`],
    ['_lastUpdated', `ge${new Date(since).toISOString()}`],
  ])
}

/**
 * Compares an encounter with the one that was sent. Another patient, time, type, place or attending clinician is a
 * difference. It is unclear if Millennium may have put something in its own words (reasons, codes, further clinicians),
 * or shows a place only as a contained resource.
 */
export function likenessOf(shown: ShownEncounter, { encounter: sent }: Translated): Likeness {
  const shownPeople = (shown.participant ?? []).flatMap(({ individual }) => individual?.reference ?? [])
  const [attending, ...others] = (sent.participant ?? []).flatMap(({ individual }) => individual?.reference ?? [])
  const identifiers = new Set((shown.identifier ?? []).map(({ value }) => value))
  const isOver = shown.status === 'finished' && sent.status !== 'finished'
  return {
    made: madeIn(shown),
    isOpen: !isVoid(shown) && !isOver,
    compared: [
      comparedWith(sent.subject?.reference, shown.subject?.reference),
      sameMinute(sent.period?.start, shown.period?.start),
      unclearIfNot(sent.period?.end === undefined || sameMinute(sent.period.end, shown.period?.end) === 'same'),
      unclearIfNot(sent.status === shown.status),
      among(sent.type?.[0]?.coding?.[0]?.code, codesOf(shown.type ?? [])),
      among(sent.location?.[0]?.location.reference, references((shown.location ?? []).map(({ location }) => location))),
      among(sent.serviceProvider?.reference, references([shown.serviceProvider])),
      among(attending, shownPeople),
      unclearIfNot(others.every((one) => shownPeople.includes(one))),
      unclearIfNot(sameReasons(sent.reasonCode ?? [], shown.reasonCode ?? [])),
      unclearIfNot(sameCode(sent.priority, shown.priority)),
      unclearIfNot(sameCode(sent.hospitalization?.admitSource, shown.hospitalization?.admitSource)),
      unclearIfNot((sent.identifier ?? []).every(({ value }) => identifiers.has(value))),
    ],
  }
}

/** The last change is the creation only for an encounter that nobody has changed; Millennium shows it to the second. */
function madeIn({ meta }: ShownEncounter): Span | undefined {
  const at = Date.parse(meta?.lastUpdated ?? '')
  if (Number.isNaN(at)) return undefined
  return { from: meta?.versionId === UNCHANGED ? at : -Infinity, to: at + SECOND }
}

/** Millennium need not store the seconds. */
function sameMinute(sent: string | undefined, shown: string | undefined): Compared {
  if (sent === undefined) return 'same'
  const apart = Math.abs(Date.parse(shown ?? '') - Date.parse(sent))
  if (Number.isNaN(apart)) return 'unclear'
  return apart < MINUTE ? 'same' : 'different'
}

function among(sent: string | undefined, shown: string[]): Compared {
  if (sent === undefined || shown.includes(sent)) return 'same'
  return shown.length === 0 ? 'unclear' : 'different'
}

/** Only those that lead somewhere: a contained resource does not show which of ours it is. */
function references(shown: (Static<typeof Refers> | undefined)[]): string[] {
  return shown.flatMap((one) => one?.reference ?? []).filter((reference) => !reference.startsWith('#'))
}

const unclearIfNot = (isSame: boolean): Compared => (isSame ? 'same' : 'unclear')

function codesOf(concepts: ShownConcept[]): string[] {
  return concepts.flatMap(({ coding = [] }) => coding.flatMap(({ code }) => code ?? []))
}

/** Each reason is there, by its code or by its text, and none if none was sent. */
function sameReasons(sent: CodeableConcept[], shown: ShownConcept[]): boolean {
  const codes = codesOf(shown)
  const texts = new Set(shown.flatMap(({ text, coding = [] }) => [text, ...coding.map(({ display }) => display)]))
  const isShown = ({ text, coding }: CodeableConcept) =>
    text === undefined ? codes.includes(coding?.[0]?.code ?? '') : texts.has(text)
  return sent.every(isShown) && (sent.length > 0 || shown.length === 0)
}

function sameCode(sent: CodeableConcept | undefined, shown: ShownConcept | undefined): boolean {
  const code = sent?.coding?.[0]?.code
  return code === undefined || codesOf(shown ? [shown] : []).includes(code)
}
