import type { FieldError } from './problem.ts'

/**
 * Properties that a JSON text has more than once in one object. `JSON.parse` keeps the last of them, another parser the first:
 * which patient was meant must not depend on that. `value` is what the text was parsed to. Names as pointers, never values.
 */
export function repeatedNames(text: string, value: unknown): FieldError[] {
  // the look at each name is for the rare text that may have more of them than came out of it
  return namesAtMost(text) === propertiesOf(value) ? [] : findRepeated(text)
}

/** How many colons follow a quote: each name has one, and so may a text that holds `":`. The text is valid JSON. */
function namesAtMost(text: string): number {
  let colons = 0
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    if (text.charCodeAt(beforeSpace(text, at - 1)) === QUOTE) colons++
  }
  return colons
}

const LISTED_AT_MOST = 200
/** Deeper than any schema of ours; a pointer to what is deeper ends here. */
const LEVELS_SHOWN = 12

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The place behind the closing quote of the text that opens at `start`. */
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
          repeated.push({ Pointer, Message: 'is there more than once' })
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
