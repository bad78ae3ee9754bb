import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const launch = fileURLToPath(new URL('../../shared/launch/', import.meta.url))
const files = ['install.mjs', 'install-turn.mjs', 'package-tree.mjs', 'lifeline.sh']

const optional = (os: string) => ({ version: '1.0.0', optional: true, os: [os] })
/** The lock file of `repository`. */
export const lock = {
  packages: {
    '': { name: 'project' },
    'node_modules/needed': { version: '1.0.0', integrity: 'sha512-needed' },
    'node_modules/for-this-machine': optional(process.platform),
    'node_modules/for-another-machine': optional('another'),
  },
}

/**
 * A repository with nothing in it but the scripts, a lock file, and an npm that installs the packages and then does what
 * `npmDoes` says. `node` is the Node of the machine, on which the scripts run; the one that npm brings is always this one.
 */
export function repository(npmDoes = '', node = process.execPath) {
  const root = mkdtempSync(join(tmpdir(), 'install-test-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'shared/launch'), { recursive: true })
  for (const file of files) cpSync(join(launch, file), join(root, 'shared/launch', file))
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock))
  writeFileSync(
    join(root, 'npm.cjs'),
    `const fs = require('node:fs')
    fs.appendFileSync('calls', process.pid + ' ' + process.argv.slice(2).join(' ') + '\\n')
    fs.rmSync('node_modules', { recursive: true, force: true })
    fs.mkdirSync('node_modules/.bin', { recursive: true })
    const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
    delete packages['']
    delete packages['node_modules/for-another-machine']
    for (const path of Object.keys(packages)) {
      fs.mkdirSync(path, { recursive: true })
      fs.writeFileSync(path + '/package.json', '{}')
    }
    ${npmDoes}
    fs.symlinkSync(${JSON.stringify(process.execPath)}, 'node_modules/.bin/node')
    fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }))`,
  )
  const script = join(root, 'shared/launch/install.mjs')
  const env = { ...process.env, npm_execpath: join(root, 'npm.cjs'), npm_node_execpath: node }
  return {
    root,
    install: () => spawnSync(node, [script], { encoding: 'utf8', env }),
    /** Begins an installation and goes on. */
    start: () => {
      const child = spawn(node, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      onTestFinished(() => void child.kill('SIGKILL'))
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (text: Buffer) => (output += text.toString()))
      return {
        child,
        output: () => output,
        ended: once(child, 'close').then(([exitCode]) => exitCode as number | null),
      }
    },
    /** Each time that npm was called: its process and its arguments. */
    calls: () => (existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : []),
  }
}

/** A repository whose npm stops in the middle until somebody writes to the pipe `go`. */
export function slowRepository(node?: string) {
  const made = repository(`fs.readFileSync('go')`, node)
  const pipe = join(made.root, 'go')
  execFileSync('mkfifo', [pipe])
  return { ...made, go: () => writeFile(pipe, '') }
}

/** The process of one of `calls`. */
export const pidOf = (call = '') => Number.parseInt(call, 10)

/** Whether a process is there and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
