import { expect, it } from 'vitest'
import { emrSystems, emrSystemsInWords, needsLogin, parseEmrSystem } from './emr-system.ts'

it('reads an EMRSystem whatever its letter case', () => {
  expect(['sandbox', 'CERNER', 'ePiC'].map(parseEmrSystem)).toEqual(['Sandbox', 'Cerner', 'Epic'])
})

it.each(['', 'Sandbox ', 'NextGen', '0', '__proto__', 'constructor'])('knows no EMRSystem %j', (text) => {
  expect(parseEmrSystem(text)).toBeUndefined()
})

it('needs a login for Athena and none for Epic', () => {
  expect([needsLogin('Athena'), needsLogin('Epic')]).toEqual([true, false])
})

it('names every system in a sentence', () => {
  expect(emrSystemsInWords).toMatch(/^Allscripts, Athena, .* or Sandbox$/)
  expect(emrSystemsInWords.split(/, | or /)).toEqual(emrSystems)
})
