import {
  contradictionsIn,
  encounterStateOf,
  type EncounterState,
  type StateRules,
} from '@encounter-gateway/shared/contract/encounter-state.ts'
import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { refused } from '../emr-error.ts'

/**
 * What the encounter is now. Throws `EmrError` 400 where that contradicts itself: intake refuses the same, but knows no EMR's own
 * codes, and an encounter may have ended while its job waited. To be asked before the encounter is sent, not when it is looked for.
 */
export function consistentState({ Encounter }: PatientEncounter, rules: StateRules): EncounterState {
  const pointers = contradictionsIn(Encounter, rules).map(({ Pointer }) => Pointer)
  if (pointers.length > 0) throw refused(400, { because: 'the encounter contradicts itself', pointers })
  return encounterStateOf(Encounter, rules)
}

/**
 * The same for an EMR whose encounters begin when they are created. Throws `EmrError` 400 for one that is still to come, at the fields
 * that say so.
 */
export function begunState(request: PatientEncounter, rules: StateRules): EncounterState {
  const state = consistentState(request, rules)
  if (state.phase !== 'planned') return state
  throw refused(400, {
    because: 'this EMR cannot be given an encounter that is still to come',
    pointers: state.because,
  })
}
