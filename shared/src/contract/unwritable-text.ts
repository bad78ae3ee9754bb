import type { FieldError } from './problem.ts'

/**
 * Finds texts of a valid body that no EMR can store: those with a NUL or an unpaired surrogate. JSON can express both
 * only as an escape, so a body without `\u` need not be searched.
 */
export function unwritableTexts(body: unknown, rawBody: Buffer | undefined): FieldError[] {
  return rawBody?.includes('\\u') ? textsIn(body, '') : []
}

function textsIn(value: unknown, pointer: string): FieldError[] {
  if (typeof value === 'string') {
    if (value.includes('\0')) return [{ Pointer: pointer, Message: 'must not contain a NUL character' }]
    return value.isWellFormed() ? [] : [{ Pointer: pointer, Message: 'must not contain an unpaired surrogate' }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => textsIn(item, `${pointer}/${name}`))
}
