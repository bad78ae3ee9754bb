import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { carriedTable } from './carried-table.ts'

test('docs/emr/carried.md agrees with the mappings (npm run carried-table writes it)', () => {
  const page = readFileSync(new URL('../../../docs/emr/carried.md', import.meta.url), 'utf8')
  expect(page).toBe(carriedTable())
})

test('all 90 fields of the request are in it', () => {
  expect(
    carriedTable()
      .split('\n')
      .filter((line) => line.startsWith('| `/')),
  ).toHaveLength(90)
})
