import type { EncounterCreate } from '@encounter-gateway/shared/contract/encounter-create.ts'
import type { Site } from './options.ts'

/** The trigger event of a message that creates an encounter: admitted, registered, or still to come. */
export type CreatingEvent = 'A01' | 'A04' | 'A05'

type Rules = Pick<Site, 'patientClasses' | 'admittedClasses' | 'plannedStatuses'>

/** PatientClassId as a code of HL7 table 0004, where the site's table knows it; else as it is. */
export function patientClassOf(patientClassId: string, { patientClasses }: Pick<Site, 'patientClasses'>): string {
  const code = [patientClassId, patientClassId.toUpperCase()].find((each) => Object.hasOwn(patientClasses, each))
  return (code && patientClasses[code]) ?? patientClassId
}

/**
 * A05 for an encounter to come: its status says so, or its class is preadmit, or the patient is expected and no time in
 * the past is given at which it began. Else A01 for one with a bed, by its class or by BedId, and A04 for all others.
 */
export function eventOf(encounter: EncounterCreate, rules: Rules, now: Date): CreatingEvent {
  const { PatientClassId = '', EncounterStatusId = '', EncounterDateTime, EstimatedArrivalDateTime } = encounter
  const patientClass = patientClassOf(PatientClassId, rules)
  const begun = EncounterDateTime ? Date.parse(EncounterDateTime) <= now.getTime() : false
  const expected = EstimatedArrivalDateTime ? !begun : false
  if (expected || patientClass === 'P' || isIn(rules.plannedStatuses, EncounterStatusId)) return 'A05'
  if (isIn(rules.admittedClasses, PatientClassId) || isIn(rules.admittedClasses, patientClass)) return 'A01'
  return encounter.Location?.BedId && patientClass !== 'O' && patientClass !== 'E' ? 'A01' : 'A04'
}

/** Whether a code is in a list of them, in capitals or not. */
export function isIn(codes: readonly string[], code: string): boolean {
  return codes.some((each) => each.toLowerCase() === code.toLowerCase())
}
