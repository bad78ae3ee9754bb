import type { Draft } from './draft.ts'
import type { CreatingEvent } from './event.ts'
import type { Site } from './options.ts'
import { timeStamp } from './time-stamp.ts'

/** MSH-9.3: the message structure of each event. */
export const structures = { A01: 'ADT_A01', A04: 'ADT_A01', A05: 'ADT_A05', A03: 'ADT_A03' } as const

/** MSH-15 and MSH-16: the answers that are requested (HL7 table 0155). Empty in the original mode. */
const wanted = { application: ['', ''], enhanced: ['AL', 'AL'], commit: ['AL', 'NE'] } as const

/** Fills in MSH, and EVN-1 and -2. */
export function setHeader(
  draft: Draft,
  site: Site,
  { event, correlationKey, now }: { event: CreatingEvent; correlationKey: string; now: Date },
): void {
  const sent = timeStamp(now.toISOString(), site)
  draft.setParts('MSH-3', site.sendingApplication)
  draft.setParts('MSH-4', site.sendingFacility)
  draft.setParts('MSH-5', site.receivingApplication)
  draft.setParts('MSH-6', site.receivingFacility)
  draft.set('MSH-7', sent)
  draft.setParts('MSH-9', `ADT^${event}^${structures[event]}`)
  draft.set('MSH-10', correlationKey)
  draft.set('MSH-11', site.processingId)
  draft.set('MSH-12', site.versionId)
  const [accept, application] = wanted[site.acknowledgement]
  draft.set('MSH-15', accept)
  draft.set('MSH-16', application)
  draft.set('MSH-18', site.characterSet)
  // Only for receivers that still read it there: since v2.5 the event is in MSH-9 alone.
  draft.set('EVN-1', event)
  draft.set('EVN-2', sent)
}
