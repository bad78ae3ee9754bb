import { inOrder } from './complete-segments.ts'
import type { Draft } from './draft.ts'

/** Where an EMR found a fault: ERR-2 (ERL), or the older ERR-1 (ELD). Parts that it left out are `undefined`. */
export type ErrorLocation = {
  segment: string
  sequence?: number | undefined
  field?: number | undefined
  repetition?: number | undefined
  component?: number | undefined
}

/** Finds the values of the request at a location. */
export type Locator = (location: ErrorLocation) => string[]

/**
 * A locator for the message of a draft, which must be complete. Values that are not from the request have no pointer.
 */
export function locatorOf(draft: Draft): Locator {
  return ({ segment, sequence, field, repetition, component }) => {
    const entries = inOrder(draft.entries(segment))
    const meant = new Set(sequence === undefined ? entries : entries.slice(sequence - 1, sequence))
    const there = draft.places.filter(
      (place) => meant.has(place.entry) && (field === undefined || place.field === field),
    )
    const closer = there.filter(
      (place) =>
        (repetition === undefined || place.repetition === repetition - 1) &&
        (component === undefined || place.component === component),
    )
    // A component that we did not send, such as a missing one, is still a fault of its field.
    return [...new Set((closer.length > 0 ? closer : there).map(({ pointer }) => pointer))]
  }
}
