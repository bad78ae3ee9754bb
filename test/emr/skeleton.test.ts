import { connectorOptions, connectors } from '@encounter-gateway/worker/emr/registry.ts'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { conformance } from '../conformance.ts'
import { skeleton } from './skeleton/index.ts'
import { openSkeletonEmr } from './skeleton/simulated-emr.ts'

// The line that a new connector adds to the registry; taken out again, since other tests go through all connectors.
beforeAll(() => {
  Object.assign(connectors, { skeleton })
  Object.assign(connectorOptions, { skeleton: skeleton.options })
})
afterAll(() => {
  Reflect.deleteProperty(connectors, 'skeleton')
  Reflect.deleteProperty(connectorOptions, 'skeleton')
})

conformance({ emrSystem: 'Epic', connector: 'skeleton', open: openSkeletonEmr })

test.each(['index.ts', 'simulated-emr.ts'])('docs/emr/adding.md shows %s as it is compiled and run here', (name) => {
  const page = readFileSync('docs/emr/adding.md', 'utf8')
  const code = readFileSync(`test/emr/skeleton/${name}`, 'utf8')
  const inTheFolder = code
    .replaceAll("'@encounter-gateway/worker/emr/", name === 'index.ts' ? "'../" : "'@encounter-gateway/worker/emr/")
    .replaceAll("'../misbehaving-http.ts'", "'./misbehaving-http.ts'")
    .replaceAll("'../simulated-emr.ts'", "'./simulated-emr.ts'")
  const shown = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block)
  expect(shown).toContain(inTheFolder)
})
