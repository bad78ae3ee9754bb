import { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { nearestName } from '@encounter-gateway/shared/contract/validation-errors.ts'
import type { TableReading } from './reading.ts'

/** What the texts of a column become. */
export type CellType = 'text' | 'date' | 'boolean' | 'integer'

/** A column and the property of a request that it fills. */
export type Column = {
  /** As the header has it. */
  name: string
  /** Names of properties and indexes of arrays, from the outside in; empty for a column that is left out. */
  path: (string | number)[]
  type: CellType
  /** What an encounter has there whose row has nothing. */
  constant?: string
}

/** A header that cannot be understood; its message names the column, which is no patient data. */
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
 * Reads a header of field paths: `PatientId`, `Encounter/PatientClassId` or `Encounter.PatientClassId`, items of arrays by their index from
 * 0 (`Encounter/Insurances/0/CompanyName`, `Encounter.Insurances[0].CompanyName`), or names that `columns` has such a path for, `null` to
 * leave a column out. `constants` come after them, as columns without cells. Throws a HeaderError with every mistake.
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
      mistakes.push(`the column map has ${shown(name)}, which the header has not`)
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

/** The column, or what is wrong with it. */
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
  if (schema.items) return 'is a list: name its items by their index, from 0'
  if (schema.properties) return 'is not a single value: name what is in it'
  return { name, path, type: typeOf(schema) }
}

function typeOf({ type = 'string', format, anyOf = [] }: Schema): CellType {
  if (format === 'date-time' || anyOf.some((each) => each.format === 'date-time')) return 'date'
  const types = new Set([type].flat())
  if (types.has('string')) return 'text'
  return types.has('boolean') ? 'boolean' : 'integer'
}

const shown = (name: string) => JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name)
