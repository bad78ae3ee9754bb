import type { PatientEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { createHash } from 'node:crypto'
import { parseElement } from './element.ts'
import { structures } from './header.ts'
import type { Site } from './options.ts'
import { writeMessage, type Segment } from './segment.ts'
import { timeStamp } from './time-stamp.ts'

/** The ADT^A03 that ends an encounter which was over before it was created. */
export type Discharge = { bytes: Buffer; controlId: string }

const kept = new Set(['MSH', 'EVN', 'PID', 'PV1'])

/**
 * The A03 to send once the EMR has the encounter; `undefined` if there is no DischargeDateTime or the site has it in
 * the first message. Built from that message's segments, which are complete by then.
 */
export function dischargeOf(
  { Encounter }: PatientEncounter,
  segments: Segment[],
  { site, correlationKey, now }: { site: Site; correlationKey: string; now: Date },
): Discharge | undefined {
  if (site.discharge !== 'A03' || !Encounter.DischargeDateTime) return undefined
  const time = timeStamp(Encounter.DischargeDateTime, site)
  const controlId = dischargeControlId(correlationKey)
  const changes: Record<string, string> = {
    'MSH-7': timeStamp(now.toISOString(), site),
    'MSH-9.2': 'A03',
    'MSH-9.3': structures.A03,
    'MSH-10': controlId,
    'EVN-1': 'A03',
    'EVN-6': time,
    'PV1-45': time,
  }
  const copies = segments.filter(({ name }) => kept.has(name)).map((segment) => segment.copy())
  for (const [element, value] of Object.entries(changes)) {
    const place = parseElement(element)
    copies.find(({ name }) => name === place.segment)?.set(place, 0, value)
  }
  return { bytes: writeMessage(copies, site.characterSet), controlId }
}

/**
 * MSH-10 of the A03: different from that of the creating message, of the same form, and the same each time it is sent.
 */
export function dischargeControlId(correlationKey: string): string {
  const digest = createHash('sha256').update(`${correlationKey} A03`).digest('hex')
  return BigInt(`0x${digest}`).toString(36).slice(-20)
}
