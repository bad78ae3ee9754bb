import { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { nearestName } from '@encounter-gateway/shared/contract/nearest-name.ts'
import type { TableReading } from './reading.ts'

/** The type to which the cells of a column are converted. */
export type CellType = 'text' | 'date' | 'boolean' | 'integer'

/** A column and the request property that it fills. */
export type Column = {
  /** The name in the header. */
  name: string
  /** Property names and array indexes, from the outside in; empty for a column that is ignored. */
  path: (string | number)[]
  type: CellType
  /** The value if the row has none. */
  constant?: string
}

/** An invalid header. Its message quotes column names, which are not patient data. */
export class HeaderError extends Error {}

type Schema = {
  type?: string | string[]
  format?: string
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  items?: Schema
}

const LONGEST_NAME = 200

/**
 * Parses a header of field paths: `PatientId`, `Encounter/PatientClassId` or `Encounter.PatientClassId`, array items by
 * index from 0 (`Encounter/Insurances/0/CompanyName`, `Encounter.Insurances[0].CompanyName`), or names that `columns`
 * maps to such a path, or to `null` to ignore a column. `constants` follow as columns without cells. Throws a
 * HeaderError with every mistake.
 */
export function readHeader(
  cells: readonly string[],
  { columns: map = {}, constants = {} }: Pick<TableReading, 'columns' | 'constants'> = {},
): Column[] {
  const mistakes: string[] = []
  const seen = new Map<string, number>()
  const columns = cells.map((cell, index) => {
    const name = cell.trim()
    const path = Object.hasOwn(map, name) ? map[name] : cell
    if (path === null) return { name, path: [], type: 'text' as const }
    const column = columnOf(path ?? cell)
    const place = `column ${index + 1}`
    if (typeof column === 'string') mistakes.push(`${place} (${shown(cell)}) ${column}`)
    else {
      const key = column.path.join('/')
      const other = seen.get(key)
      if (other !== undefined) mistakes.push(`${place} (${shown(cell)}) is the same as column ${other + 1}`)
      seen.set(key, index)
    }
    return column
  })
  for (const name of Object.keys(map)) {
    if (!cells.some((cell) => cell.trim() === name))
      mistakes.push(`the column map contains ${shown(name)}, which is not in the header`)
  }
  const fixed = Object.entries(constants).map(([path, constant]) => {
    const column = columnOf(path)
    if (typeof column !== 'string') return { ...column, constant }
    mistakes.push(`the constant ${shown(path)} ${column}`)
    return column
  })
  if (mistakes.length > 0) throw new HeaderError(mistakes.join('\n'))
  return [...columns, ...fixed].filter((column) => typeof column !== 'string')
}

/** The column, or the mistake in it. */
function columnOf(cell: string): Column | string {
  const name = cell.trim()
  if (name === '') return 'has no name'
  const parts = name.replaceAll(/\[(\d+)\]/g, '/$1').split(/[/.]/)
  if (parts[0] === '') parts.shift()
  let schema = PatientEncounterRequest as Schema
  const path: (string | number)[] = []
  for (const part of parts) {
    const above = path.length > 0 ? path.join('/') : 'a request'
    if (schema.items) {
      if (!/^\d{1,4}$/.test(part)) return `needs an index from 0 after ${above}, which is a list`
      path.push(Number(part))
      schema = schema.items
      continue
    }
    const next = schema.properties && Object.hasOwn(schema.properties, part) ? schema.properties[part] : undefined
    if (!next) {
      const nearest = nearestName(part, Object.keys(schema.properties ?? {}))
      return `is not known: ${above} has no ${shown(part)}${nearest ? `; did you mean ${nearest}?` : ''}`
    }
    path.push(part)
    schema = next
  }
  if (schema.items) return 'is a list: address its items by index, from 0'
  if (schema.properties) return 'is not a single value: address its properties'
  return { name, path, type: typeOf(schema) }
}

function typeOf({ type = 'string', format, anyOf = [] }: Schema): CellType {
  if (format === 'date-time' || anyOf.some((each) => each.format === 'date-time')) return 'date'
  const types = new Set([type].flat())
  if (types.has('boolean')) return 'boolean'
  if (types.has('string')) return 'text'
  return 'integer'
}

const shown = (name: string) => JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name)
