/** A place in a segment: `IN1-5.1.1` is segment, field, component and subcomponent, each counted from 1. */
export type Element = { segment: string; field: number; component: number; subcomponent: number }

/** The form of an element's name. */
export const ELEMENT_PATTERN = '^[A-Z][A-Z0-9]{2}-[1-9][0-9]{0,2}(\\.[1-9][0-9]?){0,2}$'

/** Parses an element's name; parts that are not named are 1. Throws `RangeError` for anything else. */
export function parseElement(name: string): Element {
  const [, segment, field, component = '1', subcomponent = '1'] =
    /^([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(name) ?? []
  if (!segment || !field) throw new RangeError(`${name} is not the name of an HL7 element`)
  return { segment, field: Number(field), component: Number(component), subcomponent: Number(subcomponent) }
}
