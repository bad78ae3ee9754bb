import type { FieldError } from './problem.ts'

/**
 * Finds properties that occur more than once in one object of a JSON text. `JSON.parse` keeps the last one, other
 * parsers the first: the patient meant must not depend on the parser. `value` is the parsed text. Reports pointers,
 * never values.
 */
export function repeatedNames(text: string, value: unknown): FieldError[] {
  // names are examined one by one only in the rare text that may have more of them than the parsed value
  return namesAtMost(text) === propertiesOf(value) ? [] : findRepeated(text)
}

/**
 * Counts the colons after a quote: one for each name, and perhaps one for a string that contains `":`. The text is
 * valid JSON.
 */
function namesAtMost(text: string): number {
  let colons = 0
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    if (text.charCodeAt(beforeSpace(text, at - 1)) === QUOTE) colons++
  }
  return colons
}

const LISTED_AT_MOST = 200
/** Deeper than any of our schemas; pointers are cut off at this depth. */
const LEVELS_SHOWN = 12

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The position after the closing quote of the string that begins at `start`. */
function endOfText(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
}

function beforeSpace(text: string, start: number): number {
  let at = start
  while (text.charCodeAt(at) <= SPACE) at--
  return at
}

function propertiesOf(value: unknown): number {
  let properties = 0
  const open = [value]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const values = Array.isArray(next) ? (next as unknown[]) : Object.values(next)
    if (!Array.isArray(next)) properties += values.length
    for (const inner of values) if (typeof inner === 'object' && inner !== null) open.push(inner)
  }
  return properties
}

type Level = { names: Set<string> | undefined; repeated: Set<string>; current: string | number; nameNext: boolean }

function findRepeated(text: string): FieldError[] {
  const repeated: FieldError[] = []
  const levels: Level[] = []
  for (let at = 0; at < text.length; at++) {
    const level = levels.at(-1)
    const sign = text[at]
    if (sign === '{') levels.push({ names: new Set(), repeated: new Set(), current: '', nameNext: true })
    else if (sign === '[') levels.push({ names: undefined, repeated: new Set(), current: 0, nameNext: false })
    else if (sign === '}' || sign === ']') levels.pop()
    else if (sign === ',' && level) {
      if (typeof level.current === 'number') level.current++
      else level.nameNext = true
    } else if (sign === '"') {
      const end = endOfText(text, at)
      if (level?.names && level.nameNext) {
        const name = JSON.parse(text.slice(at, end)) as string
        level.current = name
        level.nameNext = false
        if (level.names.has(name) && !level.repeated.has(name)) {
          level.repeated.add(name)
          const shown = levels.slice(0, LEVELS_SHOWN)
          const Pointer = shown.map(({ current }) => `/${escapePart(String(current))}`).join('')
          repeated.push({ Pointer, Message: 'occurs more than once' })
          if (repeated.length === LISTED_AT_MOST) return repeated
        }
        level.names.add(name)
      }
      at = end - 1
    }
  }
  return repeated
}

const escapePart = (name: string) => name.slice(0, 64).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')
