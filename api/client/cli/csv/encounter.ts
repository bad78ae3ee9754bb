import type { Column } from './columns.ts'
import { readDate, type DateReading } from './dates.ts'

type Tree = { [name: string]: Tree | Value } | (Tree | Value)[]
type Value = string | number | boolean

/**
 * Converts a row to a request. Empty cells are left out, and so are list items without any value; later items move up.
 * A cell that does not have the type of its column stays a text, so that the validation reports it.
 */
export function encounterOf(
  columns: readonly Column[],
  cells: readonly string[],
  dates: DateReading = {},
): Record<string, unknown> {
  const root: Tree = {}
  for (const { path, type, constant } of columns) if (constant) put(root, path, valueOf(constant, type, dates))
  for (const [index, { path, type }] of columns.entries()) {
    const cell = cells[index]
    if (cell && path.length > 0) put(root, path, valueOf(cell, type, dates))
  }
  return withoutHoles(root) as Record<string, unknown>
}

function put(root: Tree, path: readonly (string | number)[], value: Value): void {
  let here: Tree = root
  for (const [at, part] of path.entries()) {
    const inner = here as Record<string | number, Tree | Value>
    const next = path[at + 1]
    if (next === undefined) inner[part] = value
    else here = (inner[part] ??= typeof next === 'number' ? [] : {}) as Tree
  }
}

function withoutHoles(value: Tree | Value): unknown {
  // flatMap skips holes
  if (Array.isArray(value)) return value.flatMap((item) => [withoutHoles(item)])
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutHoles(inner)]))
}

function valueOf(cell: string, type: Column['type'], dates: DateReading): Value {
  if (type === 'date') return readDate(cell, dates) ?? cell
  if (type === 'boolean' && /^(?:true|false)$/i.test(cell)) return cell.toLowerCase() === 'true'
  if (type === 'integer' && /^-?\d{1,15}$/.test(cell)) return Number(cell)
  return cell
}
