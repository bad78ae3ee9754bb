import { connectors } from '@encounter-gateway/worker/emr/registry.ts'
import { existsSync, readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { expect, test } from 'vitest'

const names = Object.keys(connectors)
const suites = (await Array.fromAsync(glob('test/emr/*.test.ts'))).map((path) => readFileSync(path, 'utf8'))

test.each(names)('%s has a run of the conformance suite', (name) => {
  const run = new RegExp(`conformance\\(\\{[^}]*connector: '${name}'`)
  expect(suites.filter((text) => run.test(text)).length).toBeGreaterThan(0)
})

test.each(names)('%s has a simulated EMR', (name) => {
  expect(readFileSync(`test/emr/${name}.ts`, 'utf8')).toMatch(/Promise<\w*Emr\b|SimulatedEmr/)
})

test.each(names)('%s has a page, which README links to', (name) => {
  expect(existsSync(`docs/emr/${name}.md`)).toBe(true)
  expect(readFileSync('README.md', 'utf8')).toContain(`docs/emr/${name}.md`)
})

test.each(names)('%s has a case of render.test.ts: what is rendered is what is sent', (name) => {
  expect(readFileSync('test/emr/render.test.ts', 'utf8')).toContain(`connector: '${name}'`)
})
