import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { Type } from '@sinclair/typebox'
import { valuesOf } from '../carried/not-carried.ts'

/** A URI as an option: the system that identifiers or codes come from. */
export const Uri = (description: string, about: { default?: string } = {}) =>
  Type.String({ pattern: '^\\S+$', description, ...about })

/** What R4 allows as the id of a resource. */
export function isFhirId(text: string): boolean {
  return /^[A-Za-z0-9.-]{1,64}$/.test(text)
}

/** What R4 allows as a `code`: no white space except single spaces inside. */
export function isFhirCode(text: string): boolean {
  return /^\S+(\s\S+)*$/.test(text)
}

/** Whether R4 allows the text as a `string`: not blank, no control characters except tabs and line ends. */
function isFhirString(text: string): boolean {
  return text.trim() !== '' && /^[\t\r\n\u0020-\uFFFF]*$/.test(text)
}

/** A list without its gaps; `undefined` if nothing is left, since FHIR has no empty lists. */
export function listOf<Item>(items: (Item | undefined)[]): Item[] | undefined {
  const present = items.filter((item) => item !== undefined)
  return present.length > 0 ? present : undefined
}

/** Converts a value that is present; `undefined` for one that is not. */
export function given<Value, Made>(value: Value | undefined, make: (value: Value) => Made): Made | undefined {
  return value === undefined ? undefined : make(value)
}

/** The request without the texts that FHIR cannot represent (blank, control characters), and JSON Pointers to those. */
export function withoutUnusable(encounter: PatientEncounter): { usable: PatientEncounter; unusable: string[] } {
  const unusable = valuesOf(encounter)
    .filter(({ value }) => !isFhirString(value))
    .map(({ pointer }) => pointer)
  return unusable.length === 0
    ? { usable: encounter, unusable }
    : { usable: without(encounter, '', new Set(unusable)), unusable }
}

function without<Value>(value: Value, pointer: string, unusable: Set<string>): Value
function without(value: unknown, pointer: string, unusable: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .filter(([name]) => Array.isArray(value) || !unusable.has(`${pointer}/${name}`))
    .map(([name, item]: [string, unknown]) => [name, without(item, `${pointer}/${name}`, unusable)] as const)
  // The items of an array keep their places, so that their pointers stay right; a blank one becomes an empty text.
  if (Array.isArray(value)) return kept.map(([name, item]) => (unusable.has(`${pointer}/${name}`) ? '' : item))
  return Object.fromEntries(kept)
}
