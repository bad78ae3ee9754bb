import { characterSets, type CharacterSet } from './character-set.ts'

/** MSH-1 and MSH-2: the delimiters of every message of ours. */
export const DELIMITERS = { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' } as const

const named: Record<string, string> = { '|': '\\F\\', '^': '\\S\\', '&': '\\T\\', '~': '\\R\\', '\\': '\\E\\' }

/**
 * A value as it may stand in a message (HL7 v2.5.1, 2.7): delimiters by their letters, and by the hex of their bytes all
 * control characters, so that no value begins a segment (CR, LF), ends an MLLP frame (0x1C) or reads as a line break to a
 * receiver that knows more of them than HL7 (NEL, U+2028, U+2029). `""` alone is HL7's word for "delete what you have",
 * so a value that looks like it is written in another way.
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
