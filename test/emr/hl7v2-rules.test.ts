import { elementLimit, fieldLimit } from '@encounter-gateway/worker/emr/hl7v2/standard-lengths.ts'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

type Part = { datatype: string; len?: number }
type Definition = {
  segments: Record<string, { fields: Part[] }>
  fields: Record<string, { subfields: Part[] }>
}
const { definitions } = createRequire(import.meta.url)('hl7-dictionary') as { definitions: { '2.5.1': Definition } }
const { segments, fields } = definitions['2.5.1']

const composite = new Set(['CE', 'CX', 'EI', 'FN', 'HD', 'PL', 'SAD', 'XAD', 'XCN', 'XON', 'XPN', 'XTN'])

test.each(['MSH', 'EVN', 'PID', 'PV1', 'PV2', 'ROL', 'DG1', 'GT1', 'IN1'])(
  'the lengths and data types of %s are those of the dictionary, down to the last part',
  (segment) => {
    const known = segments[segment]?.fields ?? []
    const ours = known.map((_field, index) => fieldLimit(segment, index + 1))
    expect(ours).toEqual(known.map(({ datatype, len }) => ({ type: datatype, maxLength: len })))
    for (const [index, { datatype }] of known.entries()) {
      const parts = composite.has(datatype) ? (fields[datatype]?.subfields ?? []) : []
      const first = parts.map((part) => (composite.has(part.datatype) ? fields[part.datatype]?.subfields[0] : part))
      const found = parts.map((_part, part) => elementLimit(`${segment}-${index + 1}.${part + 1}`))
      expect(found).toEqual(first.map((part) => ({ type: part?.datatype, maxLength: part?.len })))
    }
  },
)
