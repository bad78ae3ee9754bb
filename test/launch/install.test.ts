import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PATIENCE } from '../fixtures/pace.ts'
import { isAlive, lock, pidOf, repository, slowRepository } from './bare-repository.ts'

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
