import type { EncounterCreate } from '@encounter-gateway/shared/contract/encounter-create.ts'
import type { EncounterState, EncounterStatus, StateRules } from '@encounter-gateway/shared/contract/encounter-state.ts'
import type { Site } from './options.ts'

/** The trigger event of a message that creates an encounter: admitted, registered, or planned. */
export type CreatingEvent = 'A01' | 'A04' | 'A05'

/** PatientClassId as a code of HL7 table 0004 if the site's table knows it; else unchanged. */
export function patientClassOf(patientClassId: string, { patientClasses }: Pick<Site, 'patientClasses'>): string {
  const code = [patientClassId, patientClassId.toUpperCase()].find((each) => Object.hasOwn(patientClasses, each))
  return (code && patientClasses[code]) ?? patientClassId
}

/** How the state of an encounter is determined, in the codes of a site. */
export function stateRules(
  { PatientClassId = '', EncounterStatusId: status = '' }: EncounterCreate,
  site: Pick<Site, 'patientClasses' | 'statusCodes' | 'plannedStatuses'>,
  now: Date,
): StateRules {
  const planned = isIn(site.plannedStatuses, status) && !Object.hasOwn(site.statusCodes, status)
  const statusCodes: Record<string, EncounterStatus> = planned
    ? { ...site.statusCodes, [status]: 'planned' }
    : site.statusCodes
  return { now: now.getTime(), statusCodes, preadmit: patientClassOf(PatientClassId, site) === 'P' }
}

/**
 * A05 for a planned encounter; otherwise A01 for one with a bed, by its class or by BedId, and A04 for all others. The
 * rule for all EMRs decides which it is: a false admission falsifies census and charges.
 */
export function eventOf(
  { PatientClassId = '', Location }: EncounterCreate,
  { phase }: Pick<EncounterState, 'phase'>,
  site: Pick<Site, 'patientClasses' | 'admittedClasses'>,
): CreatingEvent {
  if (phase === 'planned') return 'A05'
  const patientClass = patientClassOf(PatientClassId, site)
  if (isIn(site.admittedClasses, PatientClassId) || isIn(site.admittedClasses, patientClass)) return 'A01'
  return Location?.BedId && !['O', 'E', 'P'].includes(patientClass) ? 'A01' : 'A04'
}

/** Whether a list contains a code, in any letter case. */
export function isIn(codes: readonly string[], code: string): boolean {
  return codes.some((each) => each.toLowerCase() === code.toLowerCase())
}
