import type { FieldError } from './problem.ts'

/**
 * Texts of a valid body that no EMR can keep as they are: with a NUL, or with half of a surrogate pair. JSON can only say
 * either by an escape, so the bytes tell whether it is worth looking.
 */
export function unwritableTexts(body: unknown, rawBody: Buffer | undefined): FieldError[] {
  return rawBody?.includes('\\u') ? textsIn(body, '') : []
}

function textsIn(value: unknown, pointer: string): FieldError[] {
  if (typeof value === 'string') {
    if (value.includes('\0')) return [{ Pointer: pointer, Message: 'must not have a NUL character' }]
    return value.isWellFormed() ? [] : [{ Pointer: pointer, Message: 'must not have half of a surrogate pair' }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => textsIn(item, `${pointer}/${name}`))
}
