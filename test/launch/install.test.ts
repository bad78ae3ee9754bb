import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const script = fileURLToPath(new URL('../../shared/launch/install.mjs', import.meta.url))

/** A repository with nothing in it but the script, a lock file, and an npm that does what `npmDoes` says. */
function repository(npmDoes: string) {
  const root = mkdtempSync(join(tmpdir(), 'install-test-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'shared/launch'), { recursive: true })
  copyFileSync(script, join(root, 'shared/launch/install.mjs'))
  writeFileSync(join(root, 'package-lock.json'), '{}')
  writeFileSync(
    join(root, 'npm.cjs'),
    `const fs = require('node:fs')
    fs.appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n')
    fs.rmSync('node_modules', { recursive: true, force: true })
    fs.mkdirSync('node_modules/.bin', { recursive: true })
    ${npmDoes}`,
  )
  const install = () =>
    spawnSync(process.execPath, [join(root, 'shared/launch/install.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, npm_execpath: join(root, 'npm.cjs'), npm_node_execpath: process.execPath },
    })
  const calls = () =>
    existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : []
  return { root, install, calls }
}

const bringsNode = `fs.symlinkSync(process.execPath, 'node_modules/.bin/node')`

test('installs once, says so in one line, and then only when the lock file has changed', () => {
  const { root, install, calls } = repository(bringsNode)
  const first = install()
  expect(first).toMatchObject({ status: 0, stderr: '' })
  expect(first.stdout.trim().split('\n')).toEqual([expect.stringContaining('npm ci')])
  expect(install()).toMatchObject({ status: 0, stdout: '', stderr: '' })
  expect(calls()).toHaveLength(1)
  writeFileSync(join(root, 'package-lock.json'), '{ }')
  install()
  expect(calls()).toEqual([expect.stringMatching(/^ci /), expect.stringMatching(/^ci /)])
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
  const { install } = repository('')
  const { status, stderr } = install()
  expect(status).toBe(1)
  expect(stderr).toContain('npm config delete ignore-scripts')
})
