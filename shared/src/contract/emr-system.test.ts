import { expect, it } from 'vitest'
import { emrSystems, emrSystemsInWords, needsLogin, parseEmrSystem } from './emr-system.ts'

it('reads an EMRSystem whatever its letter case', () => {
  expect(['sandbox', 'CERNER', 'ePiC'].map(parseEmrSystem)).toEqual(['Sandbox', 'Cerner', 'Epic'])
})

it.each(['', 'Sandbox ', 'NextGen', '0', '__proto__', 'constructor'])('knows no EMRSystem %j', (text) => {
  expect(parseEmrSystem(text)).toBeUndefined()
})

it('needs a login for every system but Epic', () => {
  expect(emrSystems.filter((system) => !needsLogin(system))).toEqual(['Epic'])
})

it('names every system in a sentence', () => {
  expect(emrSystemsInWords).toBe('Allscripts, Athena, Cerner, Epic, Meditech or Sandbox')
})
