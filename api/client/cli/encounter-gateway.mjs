#!/usr/bin/env node
// In the repository Node runs the TypeScript directly. The published package contains JavaScript: Node runs no
// TypeScript in node_modules.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'

const source = new URL('./main.ts', import.meta.url)
const built = new URL('../dist/cli/main.js', import.meta.url)
const argv = process.argv.slice(2)

if (!existsSync(source)) process.exitCode = await (await import(built.href)).main(argv)
else if (process.features.typescript || 'Bun' in globalThis)
  process.exitCode = await (await import(source.href)).main(argv)
else runOnNewerNode()

/** Runs this file on the Node that `npm ci` installed, if the one on the path is too old (20 runs no TypeScript). */
function runOnNewerNode() {
  const newer = newerNode()
  if (!newer) {
    console.error(
      `Node ${process.versions.node} does not run TypeScript; run npm ci in the repository, which installs a newer Node`,
    )
    process.exitCode = 70
    return
  }
  const child = spawn(newer, process.argv.slice(1), { stdio: 'inherit' })
  // Ctrl-C in a terminal reaches both processes; signals sent to this one alone are passed on
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => process.stdin.isTTY || child.kill(name))
  child.on('exit', (code) => (process.exitCode = code ?? 70))
}

function newerNode() {
  try {
    const path = createRequire(import.meta.url).resolve('node/bin/node')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}
