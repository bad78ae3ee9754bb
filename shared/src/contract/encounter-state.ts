import type { EncounterCreate } from './encounter-create.ts'
import type { FieldError } from './problem.ts'
import { MINUTE } from '../durations.ts'

/** The states of an encounter in R4. */
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

/** The current phase of an encounter, as far as it matters for its creation. */
export type EncounterPhase = 'planned' | 'arrived' | 'in-progress' | 'finished' | 'cancelled'

/** The current state of an encounter, and the fields that determine it. */
export type EncounterState = {
  phase: EncounterPhase
  /** The same as an R4 status, which is more precise. */
  status: EncounterStatus
  /** Whether EncounterStatusId determines it; otherwise the class or the times do. */
  told: boolean
  /** JSON Pointers of the fields that determine it; none if the encounter has none of them. */
  because: string[]
}

/** The fields of an encounter that determine its state. A new request may still contain `null`. */
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

/** The current time, and the codes of the EMR. */
export type StateRules = {
  /** Milliseconds since 1970. */
  now: number
  /** R4's status by the EMR's own code; takes precedence over the words known here. */
  statusCodes?: Readonly<Record<string, EncounterStatus>>
  /** Whether the class is that of an expected patient; default: P (HL7 table 0004) and PRENC (v3-ActCode) are. */
  preadmit?: boolean
}

/** Clocks of hospital systems drift by minutes: a time at most this far ahead counts as now. */
export const CLOCK_TOLERANCE_MS = 15 * MINUTE
/** Patients arrive before the time they are registered for. A day ahead, `arrived` is a mistake. */
export const EARLY_ARRIVAL_MS = 4 * 60 * MINUTE

/** Words with the same meaning in any EMR. */
const words: Readonly<Record<string, EncounterStatus>> = {
  scheduled: 'planned',
  preadmit: 'planned',
  active: 'in-progress',
  admitted: 'in-progress',
  discharged: 'finished',
  completed: 'finished',
  canceled: 'cancelled',
}

/** `unknown` implies no phase. */
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

/** R4's status for an EncounterStatusId, in any letter case; `undefined` for an unknown code. */
export function statusNamed(
  id: string,
  statusCodes: Readonly<Record<string, EncounterStatus>> = {},
): EncounterStatus | undefined {
  const word = id.toLowerCase()
  return own(statusCodes, id) ?? encounterStatuses.find((status) => status === word) ?? own(words, word)
}

/**
 * Determines the current state of an encounter (docs/adr/0014). A known status decides. Otherwise the encounter is
 * finished if the patient has left; planned if its class is preadmit, its start lies ahead or the patient is only
 * expected; and in progress in every other case.
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
 * The contradictions within an encounter, one mistake at each field involved; values are never quoted. Most
 * contradictions disappear with time. Only one appears by waiting: a status that is not finished, once the discharge
 * time has passed.
 */
export function contradictionsIn(encounter: StateFields, rules: StateRules): FieldError[] {
  const { EncounterDateTime: start, DischargeDateTime: end } = encounter
  const { EstimatedArrivalDateTime: arrival, EstimatedDischargeDateTime: departure } = encounter
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
    found.push({
      Pointer: STATUS,
      Message: 'must not be cancelled or entered-in-error: there is nothing to create then',
    })
  }
  const { now } = rules
  const allowance = phase === 'arrived' ? EARLY_ARRIVAL_MS : CLOCK_TOLERANCE_MS
  if (start && phase && phase !== 'planned' && phase !== 'cancelled' && Date.parse(start) > now + allowance) {
    add(
      STATUS,
      'must not mean that the encounter has begun before EncounterDateTime',
      START,
      'must not lie in the future with this status',
    )
  }
  if (end && phase === 'finished' && !isPast(end, now)) {
    add(STATUS, 'must not be finished before DischargeDateTime', END, 'must not lie in the future with this status')
  }
  if (end && phase && phase !== 'finished' && phase !== 'cancelled' && isPast(end, now)) {
    add(STATUS, 'must be finished after DischargeDateTime', END, 'must not lie in the past with this status')
  }
  if (found.length === 0) return found
  // one mistake per field is enough: the first
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

/** Compares to the seven fractional digits that a request may have, as R4 does. */
function isBefore(one: string, other: string): boolean {
  // whole milliseconds, the rest is cut off
  const difference = Date.parse(one) - Date.parse(other)
  return difference === 0 ? fractionOf(one) < fractionOf(other) : difference < 0
}

function fractionOf(dateTime: string): string {
  return (/\.(\d+)/.exec(dateTime)?.[1] ?? '').padEnd(7, '0')
}

function own<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}
