import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gateway-package-'))
const installed = join(folder, 'package')
const run = promisify(execFile)

beforeAll(async () => {
  await run('npm', ['pack', '--pack-destination', folder], { cwd: join(root, 'api/client') })
  await run('tar', ['xzf', 'encounter-gateway-client-0.1.0.tgz'], { cwd: folder })
  // what an installation would bring
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true }))

test('the package runs as JavaScript that needs nothing of this repository', async () => {
  const { stdout } = await run(process.execPath, [join(installed, 'cli/encounter-gateway.mjs'), '--version'])
  expect(stdout).toBe('0.1.0\n')
  const checking = run(process.execPath, [join(installed, 'cli/encounter-gateway.mjs'), 'validate', 'docs/client.md'], {
    cwd: root,
  })
  await expect(checking).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining('stops being JSON') as string,
  })
  const { stdout: files } = await run('grep', [
    '-rlE',
    String.raw`\.ts['"]|@encounter-gateway/(api|shared)`,
    join(installed, 'dist'),
    '--include=*.js',
    '--include=*.d.ts',
  ]).catch((error: { stdout: string }) => error)
  expect(files).toBe('')
})

test('what the package exports is the client, with its types', async () => {
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    exports: { '.': { types: string; default: string } }
  }
  const { types, default: entry } = exports['.']
  expect(readFileSync(join(installed, types), 'utf8')).toContain('createClient')
  const client = (await import(join(installed, entry))) as object
  expect(Object.keys(client)).toEqual(expect.arrayContaining(['createClient', 'GatewayError', 'verifyWebhook']))
})

test('packing leaves nothing behind', () => {
  for (const name of ['dist', 'README.md', 'LICENSE']) expect(existsSync(join(root, 'api/client', name))).toBe(false)
})
