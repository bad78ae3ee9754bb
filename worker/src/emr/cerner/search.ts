import { Type, type Static } from '@sinclair/typebox'
import { EmrError, type EncounterOrder } from '../emr.ts'
import { EncounterResource } from '../fhir-r4/identifiers.ts'
import { token } from '../fhir-r4/patient.ts'
import type { Translated } from './encounter.ts'
import type { Site } from './options.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** How long beyond its deadline a job can come back: as long as its stored request may be kept by default, and a day. */
const COMES_BACK_MS = 96 * HOUR

const Refers = Type.Object({ reference: Type.Optional(Type.String()) })
/** What is read of an encounter to tell whether it is the one that was to be created. */
export const ShownEncounter = Type.Intersect([
  EncounterResource,
  Type.Object({
    subject: Type.Optional(Refers),
    period: Type.Optional(Type.Object({ start: Type.Optional(Type.String()) })),
    type: Type.Optional(
      Type.Array(
        Type.Object({ coding: Type.Optional(Type.Array(Type.Object({ code: Type.Optional(Type.String()) }))) }),
      ),
    ),
    location: Type.Optional(Type.Array(Type.Object({ location: Type.Optional(Refers) }))),
    serviceProvider: Type.Optional(Refers),
    participant: Type.Optional(Type.Array(Type.Object({ individual: Type.Optional(Refers) }))),
  }),
])
export type ShownEncounter = Static<typeof ShownEncounter>

/** By our own identifier: enough alone. */
export function queryByKey({ correlationKey }: EncounterOrder, { identifierSystem = '' }: Site): URLSearchParams {
  return new URLSearchParams({ identifier: token(identifierSystem, correlationKey) })
}

/** Whether it bears our key. Of a pool without an OID Millennium shows no system; the key alone is no one else's. */
export function hasKey({ identifier = [] }: ShownEncounter, { correlationKey }: EncounterOrder): boolean {
  return identifier.some(({ value }) => value === correlationKey)
}

/**
 * By patient and time, for a site that takes no identifiers of ours. Throws `EmrError` for an encounter without a time: then nothing
 * tells it from the patient's others, and a person has to look.
 */
export function queryByDate(
  { encounter }: EncounterOrder,
  about: { patientId: string; now: number; deadlineHours: number },
): URLSearchParams {
  const start = Date.parse(encounter.Encounter.EncounterDateTime ?? '')
  if (Number.isNaN(start)) throw undecided()
  const since = about.now - about.deadlineHours * HOUR - COMES_BACK_MS
  return new URLSearchParams([
    ['patient', about.patientId],
    ['date', `ge${new Date(start - MINUTE).toISOString()}`],
    ['date', `le${new Date(start + MINUTE).toISOString()}`],
    ['_lastUpdated', `ge${new Date(since).toISOString()}`],
  ])
}

/** Whether an encounter looks like the one that was sent: same patient, same time, same type, no other place and no other people. */
export function looksLike(shown: ShownEncounter, { encounter: sent }: Translated): boolean {
  const apart = Math.abs(Date.parse(shown.period?.start ?? '') - Date.parse(sent.period?.start ?? ''))
  const [{ coding: [{ code } = {}] = [] } = {}] = sent.type ?? []
  const types = (shown.type ?? []).flatMap(({ coding }) => coding ?? []).map((one) => one.code)
  // Two encounters of one minute are one: Millennium need not keep the seconds.
  return (
    shown.subject?.reference === sent.subject?.reference &&
    apart < MINUTE &&
    types.includes(code) &&
    isAmong(
      sent.location?.[0]?.location.reference,
      (shown.location ?? []).map(({ location }) => location),
    ) &&
    isAmong(sent.serviceProvider?.reference, [shown.serviceProvider]) &&
    isAmong(
      sent.participant?.[0]?.individual?.reference,
      (shown.participant ?? []).map(({ individual }) => individual),
    )
  )
}

/** Nothing shown, or nothing but contained resources, speaks neither for it nor against it. */
function isAmong(wanted: string | undefined, shown: (Static<typeof Refers> | undefined)[]): boolean {
  const references = shown.flatMap((one) => one?.reference ?? []).filter((reference) => !reference.startsWith('#'))
  return wanted === undefined || references.length === 0 || references.includes(wanted)
}

/** Better no answer than a wrong one: the job ends `OutcomeUnknown`, and a person who can see the chart decides. */
export function undecided(): EmrError {
  const message = 'nothing tells this encounter from others that the patient may have'
  return new EmrError(502, message, { outcomeUnknown: false, retry: false })
}
