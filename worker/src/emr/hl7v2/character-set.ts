/** The values of MSH-18 (HL7 table 0211) that can be sent, each with the encoding of its bytes. */
export const characterSets = {
  'UNICODE UTF-8': 'utf8',
  '8859/1': 'latin1',
  ASCII: 'ascii',
} as const satisfies Record<string, BufferEncoding>
export type CharacterSet = keyof typeof characterSets

const highest = { 'UNICODE UTF-8': 0x10ffff, '8859/1': 0xff, ASCII: 0x7f } as const satisfies Record<
  CharacterSet,
  number
>

/**
 * Whether every character can be sent. A surrogate without its other half, which JSON can contain, fits nowhere: Buffer
 * would silently turn it into a question mark.
 */
export function fitsCharacterSet(text: string, characterSet: CharacterSet): boolean {
  if (!text.isWellFormed()) return false
  return Array.from(text).every((character) => (character.codePointAt(0) ?? 0) <= highest[characterSet])
}
