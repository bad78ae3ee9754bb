import { characterSets, type CharacterSet } from './character-set.ts'

/** MSH-1 and MSH-2: the delimiters of all our messages. */
export const DELIMITERS = { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' } as const

const named: Record<string, string> = { '|': '\\F\\', '^': '\\S\\', '&': '\\T\\', '~': '\\R\\', '\\': '\\E\\' }

/**
 * A value as it may stand in a message (HL7 v2.5.1, 2.7): delimiters by their letters, and all control characters by
 * the hex of their bytes, so that no value begins a segment (CR, LF), ends an MLLP frame (0x1C) or is a line break to a
 * receiver that knows more of them than HL7 (NEL, U+2028, U+2029). `""` alone means "delete what you have" in HL7, so a
 * value that looks like it is written in another way.
 */
export function escapeValue(value: string, characterSet: CharacterSet): string {
  if (value === '""') return `${hexOf('"', characterSet)}"`
  return value.replaceAll(
    /[|^&~\\\p{Cc}\u2028\u2029]/gu,
    (character) => named[character] ?? hexOf(character, characterSet),
  )
}

function hexOf(character: string, characterSet: CharacterSet): string {
  return `\\X${Buffer.from(character, characterSets[characterSet]).toString('hex').toUpperCase()}\\`
}
