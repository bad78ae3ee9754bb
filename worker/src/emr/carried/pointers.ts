import { PatientEncounterRequest } from '@encounter-gateway/shared/contract/patient-encounter.ts'

/** The maximum number of objections; more help nobody. */
const MOST = 50

/**
 * Keeps, of the texts that an EMR sent, the JSON Pointers to a place that the request can have. The rest is dropped:
 * anything that does not follow the schema name by name could be patient data.
 */
export function pointersInto(candidates: unknown): string[] {
  if (!Array.isArray(candidates)) return []
  return candidates
    .filter((text) => typeof text === 'string' && text.startsWith('/') && leadsSomewhere(text))
    .slice(0, MOST)
}

function leadsSomewhere(pointer: string): boolean {
  let place: unknown = PatientEncounterRequest
  for (const name of pointer.split('/').slice(1)) {
    const { properties, items } = place as { properties?: Record<string, unknown>; items?: unknown }
    if (properties && Object.hasOwn(properties, name)) place = properties[name]
    else if (items && /^[0-9]{1,4}$/.test(name)) place = items
    else return false
  }
  return true
}
