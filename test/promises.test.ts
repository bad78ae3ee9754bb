import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../', import.meta.url)

test('every test that DESIGN.md names for a promise exists, and every failure test is named for one', () => {
  const design = readFileSync(new URL('DESIGN.md', root), 'utf8')
  const [table = ''] = design.split('### What is not promised')
  const guards = table.split('\n').flatMap((line) => (/^\| \d/.test(line) ? [line.split(' | ').at(-1) ?? ''] : []))
  const named = guards.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
  const paths = named.map((name) => (name.includes('/') ? name : `test/failures/${name}.test.ts`))
  expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
  const failures = readdirSync(new URL('failures/', import.meta.url)).filter((file) => file.endsWith('.test.ts'))
  expect(failures.filter((file) => !paths.includes(`test/failures/${file}`))).toEqual([])
})
