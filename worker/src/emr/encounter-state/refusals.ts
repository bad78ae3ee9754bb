import {
  contradictionsIn,
  encounterStateOf,
  type EncounterState,
  type StateRules,
} from '@encounter-gateway/shared/contract/encounter-state.ts'
import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { refused } from '../emr-error.ts'

/**
 * The present state of the encounter. Throws `EmrError` 400 if its fields contradict each other: intake refuses the
 * same, but does not know an EMR's own codes, and an encounter may have ended while its job waited. To be called before
 * the encounter is sent, not when it is searched for.
 */
export function consistentState({ Encounter }: PatientEncounter, rules: StateRules): EncounterState {
  const pointers = contradictionsIn(Encounter, rules).map(({ Pointer }) => Pointer)
  if (pointers.length > 0) throw refused(400, { because: 'fields of the encounter contradict each other', pointers })
  return encounterStateOf(Encounter, rules)
}

/**
 * The same for an EMR whose encounters begin when they are created. Throws `EmrError` 400 for one that has not begun,
 * at the fields that show it.
 */
export function begunState(request: PatientEncounter, rules: StateRules): EncounterState {
  const state = consistentState(request, rules)
  if (state.phase !== 'planned') return state
  throw refused(400, {
    because: 'this EMR does not accept an encounter that has not begun',
    pointers: state.because,
  })
}
