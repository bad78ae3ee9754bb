import { expect, test } from 'vitest'
import { nameOf } from './person-name.ts'

test.each([
  ['Smith, John A', 'Smith', 'John A'],
  ['  Van der Berg ,Ada ', 'Van der Berg', 'Ada'],
  ['Smith, John, Jr.', 'Smith', 'John, Jr.'],
])('%j has the family name %j', (name, family, given) => {
  expect(nameOf(name)).toEqual({ family, given })
  expect(nameOf(name, 'given-first')).toEqual({ family, given })
})

test('a name without a comma has the configured order, and none by default', () => {
  expect(nameOf('John A Smith')).toBeUndefined()
  expect(nameOf('John A Smith', 'given-first')).toEqual({ family: 'Smith', given: 'John A' })
  expect(nameOf('Smith John A', 'family-first')).toEqual({ family: 'Smith', given: 'John A' })
})

test.each(['', ' ', ',', 'Smith,', ', John', 'Smith', 'Smith , '])('%j cannot be split', (name) => {
  expect(nameOf(name, 'given-first')).toBeUndefined()
})

test('a name of a million characters is split in no time', () => {
  const began = performance.now()
  for (const name of [' '.repeat(1e6), `a${' '.repeat(1e6)}`, `${'a '.repeat(5e5)},`]) nameOf(name)
  expect(performance.now() - began).toBeLessThan(2_000)
})
