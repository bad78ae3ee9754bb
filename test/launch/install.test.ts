import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { PATIENCE } from '../fixtures/pace.ts'

const launch = fileURLToPath(new URL('../../shared/launch/', import.meta.url))
const files = ['install.mjs', 'install-turn.mjs', 'package-tree.mjs', 'lifeline.sh']

const optional = (os: string) => ({ version: '1.0.0', optional: true, os: [os] })
const lock = {
  packages: {
    '': { name: 'project' },
    'node_modules/needed': { version: '1.0.0', integrity: 'sha512-needed' },
    'node_modules/for-this-machine': optional(process.platform),
    'node_modules/for-another-machine': optional('another'),
  },
}

/** A repository with nothing in it but the scripts, a lock file, and an npm that installs the packages or does what `npmDoes` says. */
function repository(npmDoes = '') {
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
    fs.symlinkSync(process.execPath, 'node_modules/.bin/node')
    fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }))`,
  )
  const script = join(root, 'shared/launch/install.mjs')
  const env = { ...process.env, npm_execpath: join(root, 'npm.cjs'), npm_node_execpath: process.execPath }
  return {
    root,
    install: () => spawnSync(process.execPath, [script], { encoding: 'utf8', env }),
    /** Begins an installation and goes on. */
    start: () => {
      const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] })
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
function slowRepository() {
  const made = repository(`fs.readFileSync('go')`)
  const pipe = join(made.root, 'go')
  execFileSync('mkfifo', [pipe])
  return { ...made, go: () => writeFile(pipe, '') }
}

const pidOf = (call = '') => Number.parseInt(call, 10)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('installs once, says so in one line, and then only when the lock file has changed', () => {
  const { root, install, calls } = repository()
  const first = install()
  expect(first).toMatchObject({ status: 0, stderr: '' })
  expect(first.stdout.trim().split('\n')).toEqual([expect.stringContaining('npm ci')])
  expect(install()).toMatchObject({ status: 0, stdout: '', stderr: '' })
  expect(calls()).toHaveLength(1)
  const newer = {
    packages: { ...lock.packages, 'node_modules/needed': { version: '1.0.1', integrity: 'sha512-newer' } },
  }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(newer))
  install()
  expect(calls()).toEqual([expect.stringMatching(/^\d+ ci /), expect.stringMatching(/^\d+ ci /)])
  expect(existsSync(join(root, '.installing'))).toBe(false)
})

test('what `npm ci` by hand has installed is not installed again', () => {
  const { root, install, calls } = repository()
  execFileSync(process.execPath, ['npm.cjs', 'ci'], { cwd: root })
  expect(install()).toMatchObject({ status: 0, stdout: '', stderr: '' })
  expect(calls()).toHaveLength(1)
})

test.for([
  ['that was removed', (root: string) => rmSync(join(root, 'node_modules/needed'), { recursive: true })],
  ['left of an npm ci that was killed', (root: string) => rmSync(join(root, 'node_modules/.package-lock.json'))],
  [
    'of another machine',
    (root: string) => {
      const path = join(root, 'node_modules/.package-lock.json')
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll(process.platform, 'another'))
    },
  ],
] as const)('a package %s is brought by another npm ci', ([, harm]) => {
  const { root, install, calls } = repository()
  install()
  harm(root)
  expect(install()).toMatchObject({ status: 0, stdout: expect.stringContaining('npm ci') as string })
  expect(calls()).toHaveLength(2)
  expect(install().stdout).toBe('')
})

test('of two that are started at once one installs, and the other says that it waits', async () => {
  const { start, calls, go } = slowRepository()
  const first = start()
  await expect.poll(calls, PATIENCE).toHaveLength(1)
  const second = start()
  await expect
    .poll(second.output)
    .toBe(`Process ${first.child.pid} is installing packages in this folder; waiting for it.\n`)
  await go()
  expect(await Promise.all([first.ended, second.ended])).toEqual([0, 0])
  expect(calls()).toHaveLength(1)
})

test('of six that are started in the same moment one installs', async () => {
  const { start, calls } = repository()
  const all = Array.from({ length: 6 }, start)
  expect(await Promise.all(all.map(({ ended }) => ended))).toEqual([0, 0, 0, 0, 0, 0])
  expect(calls()).toHaveLength(1)
})

test('an installation killed in the middle ends with its npm, and the next one starts anew, waiting or not', async () => {
  const { root, start, install, calls, go } = slowRepository()
  const first = start()
  await expect.poll(calls, PATIENCE).toHaveLength(1)
  const waiting = start()
  await expect.poll(waiting.output, PATIENCE).toContain('waiting for it')
  first.child.kill('SIGKILL')
  await expect.poll(() => isAlive(pidOf(calls()[0])), PATIENCE).toBe(false)
  await expect.poll(calls, PATIENCE).toHaveLength(2)
  await go()
  expect(await waiting.ended).toBe(0)
  expect(install().stdout).toBe('')
  expect(existsSync(join(root, '.installing'))).toBe(false)
})

test('a turn of a process that has ended holds nobody up, though another process has its id by now', () => {
  const { root, install } = repository()
  mkdirSync(join(root, '.installing'))
  writeFileSync(join(root, '.installing', `${process.pid}.1`), '')
  expect(install()).toMatchObject({ status: 0, stderr: '' })
})

test('an npm that is killed leaves nothing that counts as installed', async () => {
  const { start, calls, go } = slowRepository()
  const first = start()
  await expect.poll(calls, PATIENCE).toHaveLength(1)
  process.kill(pidOf(calls()[0]), 'SIGKILL')
  expect(await first.ended).toBe(1)
  expect(first.output()).toContain('npm could not install the packages (ended by SIGKILL)')
  const second = start()
  await expect.poll(calls, PATIENCE).toHaveLength(2)
  await go()
  expect(await second.ended).toBe(0)
})

test('keeps npm’s message and exit code when it fails, and tries again the next time', () => {
  const { install, calls } = repository(`console.error('npm error code E404'); process.exit(7)`)
  const { status, stderr } = install()
  expect(status).toBe(7)
  expect(stderr).toBe(
    'npm error code E404\nnpm could not install the packages (exit code 7); its own message is above.\n',
  )
  install()
  expect(calls()).toHaveLength(2)
})

test('says what to do when npm was not allowed to bring Node 24', () => {
  const { install } = repository(`fs.symlinkSync = () => undefined`)
  const { status, stderr } = install()
  expect(status).toBe(1)
  expect(stderr).toContain('npm config delete ignore-scripts')
})

test('does not believe an npm that says it is done and left something out', () => {
  const { install, calls } = repository(`fs.rmSync('node_modules/needed', { recursive: true })`)
  expect(install()).toMatchObject({
    status: 1,
    stderr: 'npm ci said that it was done, but node_modules/needed is missing: try again.\n',
  })
  install()
  expect(calls()).toHaveLength(2)
})
