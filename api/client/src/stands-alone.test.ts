import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const folder = new URL('.', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))

test('the client needs nothing but its two packages and what every platform has: no Node, nothing of the gateway', () => {
  const needed = files.flatMap((name) => {
    const source = readFileSync(new URL(name, folder), 'utf8')
    return [...source.matchAll(/from '([^']+)'/g)].map(([, specifier = '']) => specifier)
  })
  expect(new Set(needed.filter((specifier) => !specifier.startsWith('./')))).toEqual(
    new Set(['openapi-fetch', 'standardwebhooks']),
  )
  const code = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
  expect(code).not.toMatch(/\b(?:Buffer|process|require|__dirname|setImmediate)\b[.(]/)
})
