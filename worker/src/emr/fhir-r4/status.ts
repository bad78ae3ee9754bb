import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { oneOf } from '@encounter-gateway/shared/contract/schema-forms.ts'
import { Type } from '@sinclair/typebox'

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

/** The option of a connection that translates the EMR's own codes. */
export const StatusCodes = Type.Record(Type.String(), oneOf(encounterStatuses), {
  default: {},
  description: "R4's status by the EMR's own code for it, as it comes in EncounterStatusId",
})

/** Words that say the same in any EMR. */
const words: Record<string, EncounterStatus> = {
  scheduled: 'planned',
  preadmit: 'planned',
  active: 'in-progress',
  admitted: 'in-progress',
  discharged: 'finished',
  completed: 'finished',
  canceled: 'cancelled',
}

/**
 * Where the encounter stands, and whether EncounterStatusId said so. Where it does not, or not in words known here, the dates
 * do: over after the discharge, not begun before the beginning, else under way.
 */
export function statusOf(
  { Encounter: encounter }: PatientEncounter,
  codes: Record<string, EncounterStatus>,
  now: number,
): { status: EncounterStatus; told: boolean } {
  const { EncounterStatusId: id, DischargeDateTime: end, EncounterDateTime: start } = encounter
  const told = id === undefined ? undefined : (own(codes, id) ?? known(id))
  if (told) return { status: told, told: true }
  if (end !== undefined && Date.parse(end) <= now) return { status: 'finished', told: false }
  const begun = start === undefined ? encounter.EstimatedArrivalDateTime === undefined : Date.parse(start) <= now
  return { status: begun ? 'in-progress' : 'planned', told: false }
}

function own<Value>(values: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}

function known(id: string): EncounterStatus | undefined {
  const word = id.toLowerCase()
  return encounterStatuses.find((status) => status === word) ?? own(words, word)
}
