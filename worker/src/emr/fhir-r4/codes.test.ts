import { expect, test } from 'vitest'
import { codingsOf, conceptOf, vocabularies } from './codes.ts'

const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const v20004 = 'http://terminology.hl7.org/CodeSystem/v2-0004'

test.each([
  ['IMP', [{ system: actCode, code: 'IMP' }]],
  ['imp', [{ system: actCode, code: 'IMP' }]],
  [
    'I',
    [
      { system: actCode, code: 'IMP' },
      { system: v20004, code: 'I' },
    ],
  ],
  ['R', [{ system: v20004, code: 'R' }]],
  ['day care', [{ code: 'day care' }]],
  ['constructor', [{ code: 'constructor' }]],
  ['two  spaces', []],
  [' I', []],
])('recognises the class %j', (value, codings) => {
  expect(codingsOf(value, undefined, vocabularies.patientClass)).toEqual(codings)
})

test("takes a code as the site's own if the site has a system, whatever it looks like", () => {
  expect(codingsOf('1', 'urn:site:priority', vocabularies.priority)).toEqual([
    { system: 'urn:site:priority', code: '1' },
  ])
  expect(codingsOf('1', undefined, vocabularies.priority)[0]).toMatchObject({ code: 'EM' })
})

test('keeps the original text in a concept', () => {
  expect(conceptOf('i', undefined, vocabularies.patientClass)).toMatchObject({ text: 'i' })
  expect(conceptOf('two  spaces')).toEqual({ text: 'two  spaces' })
})
