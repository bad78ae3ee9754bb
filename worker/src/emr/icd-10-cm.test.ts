import { expect, test } from 'vitest'
import { withDot } from './icd-10-cm.ts'

test.each([
  ['K3580', 'K35.80'],
  ['S72001A', 'S72.001A'],
  ['C7A01', 'C7A.01'],
  ['e119', 'e11.9'],
  ['K35.80', 'K35.80'],
  ['I10', 'I10'],
  ['S72001AB', 'S72001AB'],
  ['LOCAL', 'LOCAL'],
  ['', ''],
])('%s is %s', (code, dotted) => {
  expect(withDot(code)).toBe(dotted)
})
