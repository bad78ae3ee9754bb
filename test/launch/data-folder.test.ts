import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { takeDataFolder } from '@encounter-gateway/launch/data-folder.ts'
import { keepSealingKey } from '@encounter-gateway/launch/sealing-key.ts'

function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'data-folder-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

test.each([
  ['a process that is gone', '999999999'],
  // This one is there, but it is a test run and no launcher. Only Linux tells.
  ...(process.platform === 'linux' ? [['a process id that another program has now', String(process.pid)]] : []),
  ['a lock that was never written whole', ''],
])('takes over the folder of %s', (_, holder) => {
  const dir = temporaryFolder()
  writeFileSync(join(dir, 'launcher.pid'), holder)
  const { release } = takeDataFolder(dir)
  expect(readFileSync(join(dir, 'launcher.pid'), 'utf8').trim()).toBe(String(process.pid))
  release()
  expect(() => statSync(join(dir, 'launcher.pid'))).toThrow('ENOENT')
})

test('says that data cannot be kept in a folder below a file', () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  expect(() => takeDataFolder(join(file, 'data'))).toThrow(/^Data cannot be kept in .* \(ENOTDIR\)/)
})

test('makes a sealing key that only its owner can read, and keeps to it', () => {
  const path = join(temporaryFolder(), 'sealing-key')
  const key = keepSealingKey(path)
  expect(Buffer.from(key, 'base64')).toHaveLength(32)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(keepSealingKey(path)).toBe(key)
})

test('refuses a sealing key file that holds no key, without replacing it', () => {
  const path = join(temporaryFolder(), 'sealing-key')
  writeFileSync(path, 'c2hvcnQ=\n')
  expect(() => keepSealingKey(path)).toThrow(/does not hold a sealing key/)
  expect(readFileSync(path, 'utf8')).toBe('c2hvcnQ=\n')
})
