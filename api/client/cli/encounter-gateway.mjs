#!/usr/bin/env node
// In the repository Node runs the TypeScript itself; in the published package, where it would refuse to, there is JavaScript.
import { existsSync } from 'node:fs'

const source = new URL('./main.ts', import.meta.url)
const { main } = await import(existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href)
process.exitCode = await main(process.argv.slice(2))
