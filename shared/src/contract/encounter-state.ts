import type { EncounterCreate } from './encounter-create.ts'
import type { FieldError } from './problem.ts'

/** The states an encounter can be in, in R4. */
export const encounterStatuses = [
  'planned',
  'arrived',
  'triaged',
  'in-progress',
  'onleave',
  'finished',
  'cancelled',
  'entered-in-error',
  'unknown',
] as const
export type EncounterStatus = (typeof encounterStatuses)[number]

/** What an encounter is now, as far as it matters for what may be created. */
export type EncounterPhase = 'planned' | 'arrived' | 'in-progress' | 'finished' | 'cancelled'

/** What an encounter is now, and which fields said so. */
export type EncounterState = {
  phase: EncounterPhase
  /** The same in R4's words, which are finer. */
  status: EncounterStatus
  /** Whether EncounterStatusId said so; else the class or the times did. */
  told: boolean
  /** JSON Pointers of the fields that decided; none for an encounter of which nothing is known. */
  because: string[]
}

/** What the rule reads of an encounter: a request that has just come may still hold `null`. */
export type StateFields = {
  [
    Name in
      | 'EncounterDateTime'
      | 'DischargeDateTime'
      | 'EncounterStatusId'
      | 'PatientClassId'
      | 'EstimatedArrivalDateTime'
      | 'EstimatedDischargeDateTime'
  ]?: EncounterCreate[Name] | null | undefined
}

/** When, and in which words. */
export type StateRules = {
  /** Milliseconds since 1970. */
  now: number
  /** R4's status by the EMR's own code; goes before the words known here. */
  statusCodes?: Readonly<Record<string, EncounterStatus>>
  /** Whether the class is that of a patient who is to come; left out: P (HL7 table 0004) and PRENC (v3-ActCode) are. */
  preadmit?: boolean
}

const MINUTE = 60_000
/** Clocks of hospital systems drift by minutes: a time that is so little ahead counts as now. */
export const CLOCK_TOLERANCE_MS = 15 * MINUTE
/** Patients come before the time they are registered for. A day ahead, `arrived` is a mistake. */
export const EARLY_ARRIVAL_MS = 4 * 60 * MINUTE

/** Words that say the same in any EMR. */
const words: Readonly<Record<string, EncounterStatus>> = {
  scheduled: 'planned',
  preadmit: 'planned',
  active: 'in-progress',
  admitted: 'in-progress',
  discharged: 'finished',
  completed: 'finished',
  canceled: 'cancelled',
}

/** `unknown` says nothing of the phase. */
const phases: Readonly<Record<Exclude<EncounterStatus, 'unknown'>, EncounterPhase>> = {
  planned: 'planned',
  arrived: 'arrived',
  triaged: 'arrived',
  'in-progress': 'in-progress',
  onleave: 'in-progress',
  finished: 'finished',
  cancelled: 'cancelled',
  'entered-in-error': 'cancelled',
}

const STATUS = '/Encounter/EncounterStatusId'
const CLASS = '/Encounter/PatientClassId'
const START = '/Encounter/EncounterDateTime'
const END = '/Encounter/DischargeDateTime'
const ARRIVAL = '/Encounter/EstimatedArrivalDateTime'
const DEPARTURE = '/Encounter/EstimatedDischargeDateTime'

/** R4's status for an EncounterStatusId, in any letter case; `undefined` for a code that is not known. */
export function statusNamed(
  id: string,
  statusCodes: Readonly<Record<string, EncounterStatus>> = {},
): EncounterStatus | undefined {
  const word = id.toLowerCase()
  return own(statusCodes, id) ?? encounterStatuses.find((status) => status === word) ?? own(words, word)
}

/**
 * What an encounter is now (docs/adr/0014). The status decides where it is in known words; else the patient who has left is no
 * longer there, one of a preadmit class or whose time is still to come is planned, and so is one who is merely expected; every other
 * encounter is under way.
 */
export function encounterStateOf(encounter: StateFields, rules: StateRules): EncounterState {
  const status = toldStatus(encounter, rules)
  if (status && status !== 'unknown') return { phase: phases[status], status, told: true, because: [STATUS] }
  const derived = stateByTimes(encounter, rules)
  return status ? { ...derived, status, told: true } : derived
}

function stateByTimes(encounter: StateFields, { now, preadmit }: StateRules): EncounterState {
  const { EncounterDateTime: start, DischargeDateTime: end, EstimatedArrivalDateTime: arrival } = encounter
  const state = (phase: 'planned' | 'in-progress' | 'finished', because: string[]) =>
    ({ phase, status: phase, told: false, because }) as const
  if (end && isPast(end, now)) return state('finished', [END])
  if (preadmit ?? isPreadmitClass(encounter.PatientClassId ?? '')) return state('planned', [CLASS])
  if (start) return isPast(start, now) ? state('in-progress', [START]) : state('planned', [START])
  return arrival ? state('planned', [ARRIVAL]) : state('in-progress', [])
}

/**
 * What cannot be true of one encounter, at each of the fields that contradict each other; nothing of their values is quoted. Time heals
 * most of it: only an encounter that is said not to be over becomes contradictory by waiting, once its discharge has come.
 */
export function contradictionsIn(encounter: StateFields, rules: StateRules): FieldError[] {
  const { EncounterDateTime: start, DischargeDateTime: end, PatientClassId: _class, ...estimated } = encounter
  const { EstimatedArrivalDateTime: arrival, EstimatedDischargeDateTime: departure } = estimated
  const found: FieldError[] = []
  const add = (one: string, oneMessage: string, other: string, otherMessage: string) =>
    found.push({ Pointer: one, Message: oneMessage }, { Pointer: other, Message: otherMessage })
  if (start && end && isBefore(end, start)) {
    add(START, 'must not be after DischargeDateTime', END, 'must not be before EncounterDateTime')
  }
  if (arrival && departure && isBefore(departure, arrival)) {
    const before = 'must not be before EstimatedArrivalDateTime'
    add(ARRIVAL, 'must not be after EstimatedDischargeDateTime', DEPARTURE, before)
  }
  const status = toldStatus(encounter, rules)
  const phase = status && status !== 'unknown' ? phases[status] : undefined
  if (phase === 'cancelled') {
    found.push({ Pointer: STATUS, Message: 'must not be cancelled or entered-in-error: nothing is to be created then' })
  }
  const { now } = rules
  const allowance = phase === 'arrived' ? EARLY_ARRIVAL_MS : CLOCK_TOLERANCE_MS
  if (start && phase && phase !== 'planned' && phase !== 'cancelled' && Date.parse(start) > now + allowance) {
    add(STATUS, 'says that the encounter has begun, before EncounterDateTime', START, 'is to come, against the status')
  }
  if (end && phase === 'finished' && !isPast(end, now)) {
    add(STATUS, 'says that the encounter is over, before DischargeDateTime', END, 'is to come, against the status')
  }
  if (end && phase && phase !== 'finished' && phase !== 'cancelled' && isPast(end, now)) {
    add(STATUS, 'says that the encounter is not over, after DischargeDateTime', END, 'has been, against the status')
  }
  // of several mistakes at one field the first is enough
  return [...new Map(found.toReversed().map((mistake) => [mistake.Pointer, mistake])).values()].toReversed()
}

function toldStatus({ EncounterStatusId: id }: StateFields, { statusCodes }: StateRules): EncounterStatus | undefined {
  return id ? statusNamed(id, statusCodes) : undefined
}

/** Whether a class is preadmit in HL7 table 0004 or in v3-ActCode. */
export function isPreadmitClass(patientClass: string): boolean {
  return /^(p|prenc)$/i.test(patientClass)
}

function isPast(dateTime: string, now: number): boolean {
  return Date.parse(dateTime) <= now + CLOCK_TOLERANCE_MS
}

/** To the seven fractional digits that a request may have: R4 compares all of them. */
function isBefore(one: string, other: string): boolean {
  const parts = [one, other].map((text) => /^([^.]+)\.?(\d*)(.*)$/.exec(text) ?? [])
  const [[, a = '', aFraction = '', aZone = ''] = [], [, b = '', bFraction = '', bZone = ''] = []] = parts
  const seconds = Date.parse(a + aZone) - Date.parse(b + bZone)
  return seconds === 0 ? aFraction.padEnd(7, '0') < bFraction.padEnd(7, '0') : seconds < 0
}

function own<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}
