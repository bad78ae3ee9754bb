import { codingsOf, vocabularies } from '@encounter-gateway/worker/emr/fhir-r4/codes.ts'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

const table = (name: string) =>
  Object.keys(
    (createRequire(import.meta.url)('hl7-dictionary') as { tables: Record<string, { values: object }> }).tables[
      String(Number(name))
    ]?.values ?? {},
  )

test.each([
  ['0443', vocabularies.participation],
  ['0063', vocabularies.relatedPerson],
  ['0063', vocabularies.subscriber],
  ['0004', vocabularies.patientClass],
  ['0217', vocabularies.priority],
])('every code of HL7 table %s keeps its system', (name, vocabulary) => {
  const codes = [...table(name), ...(name === '0443' ? ['PH', 'CLP', 'DP', 'VPS'] : [])]
  const system = `http://terminology.hl7.org/CodeSystem/v2-${name}`
  const known = (code: string) => codingsOf(code, undefined, vocabulary).map((coding) => coding.system)
  expect(codes.length).toBeGreaterThan(2)
  // a code that R4 writes the same way, such as MTH, is R4's
  const r4: readonly string[] = vocabulary.codes
  expect(codes.filter((code) => !known(code).includes(system) && !r4.includes(code))).toEqual([])
})
