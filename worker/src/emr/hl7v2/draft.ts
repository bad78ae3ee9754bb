import { fitsCharacterSet } from './character-set.ts'
import { parseElement } from './element.ts'
import { freeTexts } from './fields.ts'
import type { Leaf } from './leaves.ts'
import type { Site } from './options.ts'
import { Segment } from './segment.ts'
import { elementLimit, fieldLimit } from './standard-lengths.ts'
import { dateOf, timeStamp } from './time-stamp.ts'

/**
 * Which of several segments with the same name, by the indexes of the item it stands for, and which repetition of the
 * field.
 */
export type Spot = { instance?: number[]; repetition?: number }

/** A segment of the draft and the item that it stands for. */
export type Entry = { segment: Segment; instance: number[] }

/** Where a value of the request was placed. */
export type Place = {
  pointer: string
  entry: Entry
  field: number
  repetition: number
  component: number
  /** Left out later, with the whole field. */
  gone?: boolean
}

type Draftable = Pick<Site, 'characterSet' | 'precision' | 'timeZone' | 'onMisfit' | 'elements'>

/**
 * A message under construction that records where each value of the request stands, which did not fit, and how those
 * are handled. Nothing here throws because of the content of a request: all mistakes are collected.
 */
export class Draft {
  readonly #site: Draftable
  readonly #entries = new Map<string, Entry>()
  readonly #places: Place[] = []
  /** Expressed by something other than the value itself, such as the event. */
  readonly #implied = new Set<string>()
  readonly #cut = new Set<string>()
  readonly #refused = new Set<string>()

  constructor(site: Draftable) {
    this.#site = site
  }

  /** Inserts a text of our own. */
  set(element: string, value: string, spot: Spot = {}): void {
    const place = parseElement(element)
    if (value) this.#entry(place.segment, spot.instance).segment.set(place, spot.repetition ?? 0, value)
  }

  /** Inserts a configured text, `^` between its components: `unknownName` as PID-5, an authority as PID-3.4. */
  setParts(element: string, text: string): void {
    for (const [index, part] of text.split('^').entries()) this.set(`${element}.${index + 1}`, part)
  }

  has(element: string, spot: Spot = {}): boolean {
    const place = parseElement(element)
    const entry = this.#find(place.segment, spot.instance)
    return entry?.segment.get(place, spot.repetition ?? 0) !== undefined
  }

  /** Whether an element of a non-repeating segment has exactly this value. */
  holds(element: string, value: string): boolean {
    const place = parseElement(element)
    return this.#find(place.segment)?.segment.get(place, 0) === value
  }

  /** The number of repetitions that a field has so far. */
  repetitions(element: string, spot: Spot = {}): number {
    const { segment, field } = parseElement(element)
    return this.#find(segment, spot.instance)?.segment.repetitions(field) ?? 0
  }

  /**
   * Inserts a value of the request, and reports whether it stands there now. If another value already stands there, it
   * is appended after `separator`, or, without one, left out.
   */
  carry(leaf: Leaf, element: string, spot: Spot & { separator?: string } = {}): boolean {
    const place = parseElement(element)
    const { instance = [], repetition = 0, separator } = spot
    const there = this.#find(place.segment, instance)?.segment.get(place, repetition)
    if (there !== undefined && separator === undefined) return false
    const text = this.#fitted(leaf, element, there === undefined ? '' : there + (separator ?? ''))
    if (text === undefined) return false
    const entry = this.#entry(place.segment, instance)
    entry.segment.set(place, repetition, text)
    this.#places.push({ pointer: leaf.pointer, entry, field: place.field, repetition, component: place.component })
    return true
  }

  /** Inserts a value once more, in another form; if it does not fit there, it is just left out. */
  repeat(leaf: Leaf, element: string, spot: Spot = {}): void {
    const text = this.#written(leaf, element)
    const limit = this.#maxLength(element)
    if (fitsCharacterSet(text, this.#site.characterSet) && lengthOf(text) <= limit) this.set(element, text, spot)
  }

  /** Counts a value as carried that the message expresses in another way. */
  imply(pointer: string): void {
    this.#implied.add(pointer)
  }

  /** Counts a value as not carried if the message holds only a part of it. */
  tell(pointer: string): void {
    this.#cut.add(pointer)
  }

  /** Marks a value as one that the EMR would refuse. */
  refuse(pointer: string): void {
    this.#refused.add(pointer)
  }

  /**
   * Handles a value that does not fit an element, or a segment without it. Without the patient's number or its type,
   * the encounter could become another patient's: these are never left out unless the site configures it.
   */
  onMisfit(element: string): Site['onMisfit'] {
    const general = /^PID-3([.]|$)/.test(element) ? 'refuse' : this.#site.onMisfit
    return this.#site.elements[element]?.onMisfit ?? general
  }

  entries(name: string): Entry[] {
    return this.segments.filter(({ segment }) => segment.name === name)
  }

  get segments(): Entry[] {
    return [...this.#entries.values()]
  }

  get places(): Place[] {
    const there = new Set(this.#entries.values())
    return this.#places.filter(({ entry, gone }) => !gone && there.has(entry))
  }

  get refused(): string[] {
    return [...this.#refused]
  }

  /** Pointers of the values that the message holds, as they were given. */
  carriedPointers(): Set<string> {
    const all = [...this.places.map(({ pointer }) => pointer), ...this.#implied]
    return new Set(all.filter((pointer) => !this.#cut.has(pointer)))
  }

  /** Removes a segment and everything that it carried. */
  remove({ segment, instance }: Entry): void {
    this.#entries.delete(keyOf(segment.name, instance))
  }

  /**
   * Refuses or leaves out each field whose parts fit but which is too long as a whole: an address of 250 characters.
   */
  checkFieldLengths(): void {
    const fields = Map.groupBy(this.places, ({ entry: { segment, instance }, field, repetition }) =>
      [keyOf(segment.name, instance), field, repetition].join(' '),
    )
    for (const places of fields.values()) {
      const [first] = places
      if (!first) continue
      const { entry, field, repetition } = first
      const name = `${entry.segment.name}-${field}`
      if (entry.segment.lengthOf(field, repetition) <= this.#wholeLength(name, entry.segment.name, field)) continue
      if (this.onMisfit(name) === 'refuse') for (const { pointer } of places) this.refuse(pointer)
      else entry.segment.clearRepetition(field, repetition)
      for (const place of places) place.gone = true
    }
  }

  /** A site that agreed on the length of a part has thereby agreed on a longer whole. */
  #wholeLength(name: string, segment: string, field: number): number {
    const partsAgreed = Object.keys(this.#site.elements).some((element) => element.startsWith(`${name}.`))
    const standard = partsAgreed ? undefined : fieldLimit(segment, field)?.maxLength
    return this.#site.elements[name]?.maxLength ?? standard ?? Infinity
  }

  /** The text to send, after `before`; `undefined` if it is refused or left out. */
  #fitted(leaf: Leaf, element: string, before: string): string | undefined {
    const text = before + this.#written(leaf, element)
    const maxLength = this.#maxLength(element)
    const numeric = elementLimit(element)?.type !== 'NM' || /^[+-]?\d+(\.\d+)?$/.test(text)
    if (numeric && fitsCharacterSet(text, this.#site.characterSet)) {
      if (lengthOf(text) <= maxLength) return text
      if (this.onMisfit(element) === 'cut' && freeTexts.has(leaf.path)) {
        this.#cut.add(leaf.pointer)
        return Array.from(text).slice(0, maxLength).join('')
      }
    }
    if (this.onMisfit(element) === 'refuse') this.refuse(leaf.pointer)
    return undefined
  }

  #written({ path, value }: Leaf, element: string): string {
    if (!/Date(Time)?$/.test(path)) return value
    const form = { precision: this.#site.precision, timeZone: this.#site.timeZone }
    return elementLimit(element)?.type === 'DT' ? dateOf(value, form) : timeStamp(value, form)
  }

  #maxLength(element: string): number {
    return this.#site.elements[element]?.maxLength ?? elementLimit(element)?.maxLength ?? Infinity
  }

  #find(name: string, instance: number[] = []): Entry | undefined {
    return this.#entries.get(keyOf(name, instance))
  }

  #entry(name: string, instance: number[] = []): Entry {
    const found = this.#find(name, instance)
    if (found) return found
    const entry = { segment: new Segment(name), instance }
    this.#entries.set(keyOf(name, instance), entry)
    return entry
  }
}

function keyOf(name: string, instance: number[]): string {
  return [name, ...instance].join('/')
}

function lengthOf(text: string): number {
  return Array.from(text).length
}
