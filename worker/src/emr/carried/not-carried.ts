import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'

type LeafPath<Value, Path extends string> = Value extends readonly (infer Item)[]
  ? LeafPath<Item, `${Path}/*`>
  : Value extends object
    ? { [Name in keyof Value & string]-?: LeafPath<NonNullable<Value[Name]>, `${Path}/${Name}`> }[keyof Value & string]
    : Path

/** One of the 82 `encounterFieldPaths`, such as `/Encounter/Location/BedId`; `*` stands for each item of an array. */
export type FieldPath = LeafPath<PatientEncounter, ''>

/**
 * The field table of a connector: where in the EMR each field that can be carried goes. A path that the request cannot
 * have does not compile; a field absent from the table is never carried. The docs pages are made from it.
 */
export type Carried = Readonly<Partial<Record<FieldPath, string>>>

/** One value of a request. `pointer` has the real indexes, `path` has `*` in their place. */
export type FieldValue = { pointer: string; path: string; value: string }

/** Every value that a request has, in its own order. Objects and arrays without a value in them count for nothing. */
export function valuesOf(encounter: PatientEncounter): FieldValue[] {
  return leavesOf(encounter, '', '')
}

function leavesOf(value: unknown, pointer: string, path: string): FieldValue[] {
  if (typeof value !== 'object' || value === null) return [{ pointer, path, value: String(value) }]
  const isArray = Array.isArray(value)
  return Object.entries(value).flatMap(([name, item]) =>
    leavesOf(item, `${pointer}/${name}`, `${path}/${isArray ? '*' : name}`),
  )
}

/** JSON Pointers of the values that the EMR does not get: all but those that `arrives` confirms. */
export function notCarried(encounter: PatientEncounter, arrives: (value: FieldValue) => boolean): string[] {
  return valuesOf(encounter)
    .filter((value) => !arrives(value))
    .map(({ pointer }) => pointer)
}
