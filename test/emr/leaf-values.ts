import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'

/**
 * Every value that was sent, by its JSON Pointer. For simulated EMRs, which must not depend on the connectors' own
 * code.
 */
export function leafValues(sent: PatientEncounter): Map<string, string> {
  const found = new Map<string, string>()
  const walk = (value: unknown, pointer: string) => {
    if (value === null || typeof value !== 'object') found.set(pointer, String(value))
    else for (const [name, inner] of Object.entries(value)) walk(inner, `${pointer}/${name}`)
  }
  walk(sent, '')
  return found
}

/** The pointers of `sent` at which the EMR holds another value. */
export function differing(sent: PatientEncounter, held: (pointer: string, value: string) => boolean): string[] {
  return [...leafValues(sent)].filter(([pointer, value]) => !held(pointer, value)).map(([pointer]) => pointer)
}
