/** ICD-10-CM, the clinical modification used in the USA, as FHIR names it. */
export const ICD_10_CM = 'http://hl7.org/fhir/sid/icd-10-cm'

/**
 * A code of ICD-10-CM with its dot, which billing systems leave out: `K3580` is K35.80. Anything else stays unchanged.
 */
export function withDot(code: string): string {
  const [, category, rest] = /^([A-Z]\d[0-9A-Z])([0-9A-Z]{1,4})$/i.exec(code) ?? []
  return category && rest ? `${category}.${rest}` : code
}
