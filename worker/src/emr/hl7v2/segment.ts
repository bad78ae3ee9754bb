import { characterSets, type CharacterSet } from './character-set.ts'
import { DELIMITERS, escapeValue } from './escape.ts'
import type { Element } from './element.ts'

const { field, repetition, component, subcomponent } = DELIMITERS
const ENCODING_CHARACTERS = '^~\\&'

type Gaps<Value> = (Value | undefined)[]
type Repetition = Gaps<Gaps<string>>

/** One segment of a message under construction; fields, repetitions, components and subcomponents may have gaps. */
export class Segment {
  readonly name: string
  /** By field (from 1), repetition (from 0), component and subcomponent (from 1): plain values, not escaped. */
  readonly #fields: Gaps<Gaps<Repetition>> = []

  constructor(name: string) {
    this.name = name
  }

  /** Sets the value of an element; an empty one is no value. */
  set({ field, component, subcomponent }: Omit<Element, 'segment'>, repetition: number, value: string): void {
    if (value === '') return
    const repetitions = (this.#fields[field] ??= [])
    const components = (repetitions[repetition] ??= [])
    const subcomponents = (components[component] ??= [])
    subcomponents[subcomponent] = value
  }

  get({ field, component, subcomponent }: Omit<Element, 'segment'>, repetition: number): string | undefined {
    return this.#fields[field]?.[repetition]?.[component]?.[subcomponent]
  }

  /** Whether a field has a value anywhere. */
  has(field: number): boolean {
    return this.#fields[field] !== undefined
  }

  /** The number of repetitions that a field has so far, gaps included. */
  repetitions(field: number): number {
    return this.#fields[field]?.length ?? 0
  }

  clearRepetition(field: number, repetition: number): void {
    const repetitions = this.#fields[field] ?? []
    repetitions[repetition] = undefined
    if (!repetitions.some(Boolean)) this.#fields[field] = undefined
  }

  /** A copy of the segment that can be changed without changing this one. */
  copy(): Segment {
    const copy = new Segment(this.name)
    copy.#fields.push(...structuredClone(this.#fields))
    return copy
  }

  /** The length of one repetition in characters, delimiters included and nothing escaped. */
  lengthOf(field: number, repetition: number): number {
    return Array.from(joinRepetition(this.#fields[field]?.[repetition], (value) => value)).length
  }

  /** The segment's text without its end. */
  write(characterSet: CharacterSet): string {
    const escaped = (value: string) => escapeValue(value, characterSet)
    const fields = Array.from(this.#fields.slice(1), (repetitions) =>
      Array.from(repetitions ?? [], (each) => joinRepetition(each, escaped))
        .join(repetition)
        .replace(/~+$/, ''),
    )
    // In MSH the first delimiter is itself field 1, and field 2 names the others.
    const head = this.name === 'MSH' ? ['MSH', ENCODING_CHARACTERS, ...fields.slice(2)] : [this.name, ...fields]
    return head.join(field).replace(/\|+$/, '')
  }
}

/** Component and subcomponent 0 do not exist. */
function joinRepetition(components: Repetition = [], write: (value: string) => string): string {
  const texts = Array.from(components, (subcomponents) =>
    Array.from(subcomponents ?? [], (value) => write(value ?? ''))
      .slice(1)
      .join(subcomponent),
  )
  return texts.slice(1).join(component)
}

/** A whole message in the bytes of its character set. Each segment ends with CR, the last one too. */
export function writeMessage(segments: Segment[], characterSet: CharacterSet): Buffer {
  const text = segments.map((segment) => `${segment.write(characterSet)}\r`).join('')
  return Buffer.from(text, characterSets[characterSet])
}
