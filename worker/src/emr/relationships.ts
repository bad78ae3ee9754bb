/**
 * Inverts the patient's relationship to the subscriber, in HL7 table 0063. Only if the inverse is certain: the parent
 * of a child may be its mother or its father, but PAR is right for both.
 */
const inverses: Record<string, string> = {
  SEL: 'SEL',
  SPO: 'SPO',
  DOM: 'DOM',
  SIB: 'SIB',
  BRO: 'SIB',
  SIS: 'SIB',
  CHD: 'PAR',
  NCH: 'PAR',
  PAR: 'CHD',
  MTH: 'CHD',
  FTH: 'CHD',
  GCH: 'GRP',
  GRP: 'GCH',
  WRD: 'GRD',
  GRD: 'WRD',
}

/** The codes for the patient being the subscriber: HL7 table 0063, X12, v3-RoleCode, and R4's own word. */
const self = new Set(['SEL', 'SELF', '18', 'ONESELF'])

/** Whether a relationship means that both are the same person, in any letter case. */
export function isSelf(code: string): boolean {
  return self.has(code.toUpperCase())
}

/** The relationship seen from the other side; `undefined` for a code that is local or whose inverse is not certain. */
export function inverseRelationship(code: string): string | undefined {
  return Object.hasOwn(inverses, code) ? inverses[code] : undefined
}
