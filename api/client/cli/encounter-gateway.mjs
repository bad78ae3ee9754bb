#!/usr/bin/env node
// In the repository Node runs the TypeScript itself; in the published package, where it would refuse to, there is JavaScript.
import { existsSync } from 'node:fs'

const source = new URL('./main.ts', import.meta.url)
const built = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(source) && !process.features.typescript && !('Bun' in globalThis)) {
  console.error('this Node does not run TypeScript: npx encounter-gateway takes the one that npm ci has brought')
  process.exit(70)
}
const { main } = await import(existsSync(source) ? source.href : built.href)
process.exitCode = await main(process.argv.slice(2))
