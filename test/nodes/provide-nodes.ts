import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A Node to run something on: its version, and its program. */
export type NodeUnderTest = { version: string; program: string }

type Locked = { version: string; os?: string; cpu?: string }

const folder = import.meta.dirname
const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>
}
const brought = Object.entries(packages)
  .filter(([, { os, cpu }]) => os === process.platform && cpu === process.arch)
  .map(([path, { version }]): NodeUnderTest => ({ version, program: join(folder, path, 'bin/node') }))

/**
 * The Nodes that the installer and the packed client are promised to run on: those in package.json beside this file that
 * there are for this machine, the oldest one promised among them, and the one of this process.
 */
export const nodes: NodeUnderTest[] = [...brought, { version: process.versions.node, program: process.execPath }]

/**
 * Installs those that are missing, once in a checkout: about 130 MB to download. Fails where no registry answers: nothing
 * but these tests would notice what an older Node lacks, and a test that is skipped notices nothing.
 */
export async function bringNodes(): Promise<void> {
  if (nodes.every(isThere)) return
  // no links: each of these packages has a program called node
  const order = ['ci', '--no-bin-links', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  await promisify(execFile)('npm', [...order, '--loglevel=error'], { cwd: folder }).catch((error: unknown) => {
    throw new Error('npm could not install the Nodes of test/nodes/package.json, which needs its registry once', {
      cause: error,
    })
  })
}

function isThere({ version, program }: NodeUnderTest): boolean {
  return spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.trim() === `v${version}`
}
