import { expect, test } from 'vitest'
import { alternativeIdentifiers, bears } from './identifiers.ts'

const ours = { system: 'urn:job', key: 'k1' }

test('reports each identifier by the code of its type, and ours by its name', () => {
  const identifiers = [
    { system: 'urn:job', value: 'k1' },
    { type: { text: 'Visit number', coding: [{ code: 'VN', display: 'VN' }] }, value: 'V1' },
    { type: { coding: [{ code: '1077', display: 'FIN NBR' }] }, value: 'F1' },
    { system: 'urn:x', value: 'X1' },
    { system: 'urn:job', value: 'k2' },
  ]
  expect(alternativeIdentifiers(identifiers, ours)).toEqual([
    { Code: 'CorrelationKey', Description: 'Key of the request that created it', Value: 'k1' },
    { Code: 'VN', Description: 'Visit number', Value: 'V1' },
    { Code: '1077', Description: 'FIN NBR', Value: 'F1' },
    { Code: 'Identifier', Description: 'urn:x', Value: 'X1' },
    { Code: 'Identifier', Description: 'urn:job', Value: 'k2' },
  ])
})

test('leaves out what is not an identifier, and reports no more than fit', () => {
  const odd = [{ value: 5 }, { system: 'x' }, { value: '' }, { value: 'x'.repeat(257) }]
  expect(alternativeIdentifiers(odd)).toEqual([])
  expect(alternativeIdentifiers(Array.from({ length: 99 }, () => ({ value: 'x' })))).toHaveLength(50)
})

test('an encounter bears our key only under our system', () => {
  expect(bears({ identifier: [{ system: 'urn:job', value: 'k1' }] }, ours)).toBe(true)
  expect(bears({ identifier: [{ system: 'urn:other', value: 'k1' }] }, ours)).toBe(false)
  expect(bears({}, ours)).toBe(false)
})
