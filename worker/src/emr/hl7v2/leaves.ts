import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { valuesOf, type FieldValue } from '../carried/not-carried.ts'

/** One value of a request, and the indexes that the stars of its path stand for. */
export type Leaf = FieldValue & { indexes: number[] }

/** Every value that a request has, in its own order. An empty text counts as none: HL7 cannot distinguish the two. */
export function leavesOf(request: PatientEncounter): Leaf[] {
  return valuesOf(request)
    .filter(({ value }) => value !== '')
    .map((leaf) => {
      const names = leaf.pointer.split('/')
      const stars = leaf.path.split('/').flatMap((name, position) => (name === '*' ? [position] : []))
      return { ...leaf, indexes: stars.map((position) => Number(names[position])) }
    })
}
