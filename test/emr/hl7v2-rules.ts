import { createRequire } from 'node:module'
import type { ParsedMessage, ParsedSegment } from './hl7v2-parser.ts'

type Part = { datatype: string; opt: number; len?: number }
type Dictionary = {
  segments: Record<string, { fields: Part[] } | undefined>
  fields: Record<string, { subfields: Part[] } | undefined>
}
const { definitions } = createRequire(import.meta.url)('hl7-dictionary') as { definitions: { '2.5.1': Dictionary } }
const dictionary = definitions['2.5.1']
const REQUIRED = 2

/** A fault in the terms of ERR: HL7 table 0357, and the location as in ERR-2. */
export type Fault = { ack: 'AE' | 'AR'; code: number; location: string }

const structures: Record<string, { structure: string; segments: RegExp }> = {
  A01: { structure: 'ADT_A01', segments: /^MSH EVN PID PV1( PV2)?( ROL)*( DG1)*( GT1)*( IN1)*( Z\w\w)*$/ },
  A04: { structure: 'ADT_A01', segments: /^MSH EVN PID PV1( PV2)?( ROL)*( DG1)*( GT1)*( IN1)*( Z\w\w)*$/ },
  A05: { structure: 'ADT_A05', segments: /^MSH EVN PID PV1( PV2)?( ROL)*( DG1)*( GT1)*( IN1)*( Z\w\w)*$/ },
  A03: { structure: 'ADT_A03', segments: /^MSH EVN PID PV1( PV2)?( ROL)*( DG1)*$/ },
}

/** The receiver's setup: the elements for which it accepts more than the standard length. */
export type Agreed = { processingId: string; versionId: string; lengths: Record<string, number> }

/** The first violation of HL7 v2.5.1 in a message; `undefined` if there is none. */
export function faultIn(message: ParsedMessage, agreed: Agreed): Fault | undefined {
  const reject = (code: number, field: number): Fault => ({ ack: 'AR', code, location: `MSH^1^${field}` })
  if (message.value('MSH-9.1') !== 'ADT') return reject(200, 9)
  const expected = structures[message.value('MSH-9.2')]
  if (!expected) return reject(201, 9)
  if (message.value('MSH-11') !== agreed.processingId) return reject(202, 11)
  if (message.value('MSH-12') !== agreed.versionId) return reject(203, 12)
  const names = message.segments.map(({ name }) => name).join(' ')
  if (message.value('MSH-9.3') !== expected.structure || !expected.segments.test(names)) {
    return { ack: 'AE', code: 100, location: 'MSH^1^9' }
  }
  const counts = new Map<string, number>()
  for (const segment of message.segments) {
    const sequence = (counts.get(segment.name) ?? 0) + 1
    counts.set(segment.name, sequence)
    const fault = segment.name.startsWith('Z') ? undefined : faultInSegment(segment, agreed)
    if (fault) return { ack: 'AE', code: fault.code, location: `${segment.name}^${sequence}^${fault.at}` }
  }
  return undefined
}

function faultInSegment({ name, fields }: ParsedSegment, agreed: Agreed): { code: number; at: string } | undefined {
  const known = dictionary.segments[name]?.fields ?? []
  for (const [index, { datatype, opt, len = Infinity }] of known.entries()) {
    const repetitions = fields[index + 1] ?? []
    const text = (components: string[][]) => components.map((each) => each.join('&')).join('^')
    if (opt === REQUIRED && !repetitions.some((each) => text(each) !== '')) return { code: 101, at: `${index + 1}` }
    for (const [number, components] of repetitions.entries()) {
      const at = `${index + 1}^${number + 1}`
      if (lengthOf(text(components)) > (agreed.lengths[`${name}-${index + 1}`] ?? len)) return { code: 102, at }
      if (name === 'MSH') continue
      const bad = components.findIndex(
        (subcomponents, component) => !fits(subcomponents, datatype, `${name}-${index + 1}`, component, agreed),
      )
      if (bad >= 0) return { code: 102, at: `${at}^${bad + 1}` }
    }
  }
  return fields.length - 1 > known.length ? { code: 102, at: `${known.length + 1}` } : undefined
}

function fits(subcomponents: string[], fieldType: string, field: string, component: number, agreed: Agreed): boolean {
  const part = dictionary.fields[fieldType]?.subfields
  const { datatype, len = Infinity } =
    fieldType === 'TS' ? { datatype: 'TS' } : (part?.[component] ?? { datatype: fieldType })
  const deeper = dictionary.fields[datatype]?.subfields
  return subcomponents.every((value, index) => {
    const inner = datatype === 'TS' ? undefined : deeper?.[index]
    const maxLength = agreed.lengths[`${field}.${component + 1}`] ?? inner?.len ?? (deeper ? Infinity : len)
    return lengthOf(value) <= maxLength && isOf(inner?.datatype ?? datatype, value)
  })
}

function isOf(datatype: string, value: string): boolean {
  if (value === '') return true
  if (datatype === 'TS') return /^\d{12}(\d{2}(\.\d{1,4})?)?([+-]\d{4})?$/.test(value)
  if (datatype === 'DT') return /^\d{8}$/.test(value)
  if (datatype === 'NM' || datatype === 'SI') return /^[+-]?\d+(\.\d+)?$/.test(value)
  return true
}

function lengthOf(text: string): number {
  return Array.from(text).length
}
