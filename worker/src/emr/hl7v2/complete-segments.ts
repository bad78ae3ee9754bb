import type { Draft, Entry } from './draft.ts'
import { parseElement } from './element.ts'
import type { Site } from './options.ts'

const order = ['MSH', 'EVN', 'PID', 'PV1', 'PV2', 'ROL', 'DG1', 'GT1', 'IN1']

/** Fields that v2.5.1 requires in the segment, and whose value only the request can provide. */
const required: Record<string, Record<number, string>> = {
  PID: { 3: '/PatientId' },
  PV1: { 2: '/Encounter/PatientClassId' },
  ROL: { 3: '/Encounter/ProvidersType/*/ProviderType', 4: '/Encounter/ProvidersType/*/ProviderId' },
  DG1: { 3: '/Encounter/ICD10DXCodeIds/*' },
  IN1: { 2: '/Encounter/Insurances/*/HealthPlanId', 3: '/Encounter/Insurances/*/CompanyId' },
}

/**
 * Adds what the standard requires besides the values themselves: set ids, types of identifiers, names. Then checks
 * whole fields and required ones. A repeating segment that lacks a required field is left out if misfits are; without
 * the patient or the patient class there is no message.
 */
export function completeSegments(draft: Draft, site: Site): void {
  if (!draft.has('MSH-3.1')) draft.set('MSH-3.1', 'ENCOUNTER-GATEWAY')
  if (draft.has('PID-3.1')) draft.setParts('PID-3.4', site.patientIdAuthority)
  for (const [element, agreed] of Object.entries(site.identifiers)) completeIds(draft, element, agreed)
  if (draft.entries('GT1').length > 0) draft.setParts('GT1-3', site.unknownName)
  for (const { instance } of draft.entries('ROL')) draft.set('ROL-2', 'AD', { instance })
  for (const { instance } of draft.entries('DG1')) {
    draft.set('DG1-3.3', site.diagnosisCodingSystem, { instance })
    draft.set('DG1-6', site.diagnosisType, { instance })
  }
  draft.checkFieldLengths()
  for (const entry of draft.segments) checkRequired(draft, entry)
  setIds(draft)
}

/** Adds to each identifier at an element its assigning authority and its type. */
function completeIds(
  draft: Draft,
  element: string,
  { authority = '', type = '' }: Site['identifiers']['PV1-19'] = {},
): void {
  for (const { instance } of draft.entries(parseElement(element).segment)) {
    if (!draft.has(`${element}.1`, { instance })) continue
    for (const [index, part] of authority.split('^').entries())
      draft.set(`${element}.4.${index + 1}`, part, { instance })
    draft.set(`${element}.5`, type, { instance })
  }
}

function checkRequired(draft: Draft, entry: Entry): void {
  const { segment, instance } = entry
  for (const [field, path] of Object.entries(required[segment.name] ?? {})) {
    if (segment.has(Number(field))) continue
    const single = segment.name === 'PID' || segment.name === 'PV1'
    if (single || draft.onMisfit(`${segment.name}-${field}`) === 'refuse') {
      draft.refuse(path.replace('*', String(instance[0] ?? 0)))
    } else draft.remove(entry)
  }
}

/** Set ids have four digits. */
const MOST_SEGMENTS = 9_999
const counted: Record<string, string> = { IN1: '/Encounter/Insurances', DG1: '/Encounter/ICD10DXCodeIds' }

/**
 * Numbers the segments of each name, in field 1; a Z segment of an insurance also has that insurance's number, in field
 * 2.
 */
function setIds(draft: Draft): void {
  const insurances = new Map(inOrder(draft.entries('IN1')).map(({ instance }, index) => [instance[0], index + 1]))
  for (const entry of draft.segments) {
    const { instance, segment } = entry
    if (instance.length < 2) continue
    const parent = insurances.get(instance[0])
    if (parent) draft.set(`${segment.name}-2`, String(parent), { instance })
    else draft.remove(entry)
  }
  const byName = Map.groupBy(inOrder(draft.segments), ({ segment }) => segment.name)
  for (const [name, entries] of byName) {
    if (!/^(PID|PV1|GT1|IN1|DG1|Z..)$/.test(name)) continue
    for (const [index, { instance }] of entries.entries()) {
      draft.set(`${name}-1`, String(index + 1), { instance })
      // DG1-15 has two digits.
      if (name === 'DG1' && index < 99) draft.set('DG1-15', String(index + 1), { instance })
    }
    const items = counted[name]
    if (items && entries.length > MOST_SEGMENTS) draft.refuse(items)
  }
}

/** In the order of the message structures ADT_A01 and ADT_A05; Z segments come last. */
export function inOrder(entries: Entry[]): Entry[] {
  const rank = ({ segment }: Entry) => (order.includes(segment.name) ? order.indexOf(segment.name) : order.length)
  return entries.toSorted(
    (a, b) =>
      rank(a) - rank(b) || compareText(a.segment.name, b.segment.name) || compareIndexes(a.instance, b.instance),
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function compareIndexes(a: number[], b: number[]): number {
  const at = a.findIndex((index, position) => index !== b[position])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}
