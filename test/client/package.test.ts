import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { abortScript } from './abort-script.ts'
import { openScriptedGateway } from './scripted-gateway.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gateway-package-'))
const installed = join(folder, 'package')
const run = promisify(execFile)

beforeAll(async () => {
  await run('npm', ['pack', '--pack-destination', folder], { cwd: join(root, 'api/client') })
  await run('tar', ['xzf', 'encounter-gateway-client-0.1.0.tgz'], { cwd: folder })
  // what an installation would bring
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})
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

/** The first Node on the path that is not the one of the tests. */
function olderNode(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((each) => join(each, 'node'))
    .filter((each) => existsSync(each))
    .find((each) => execFileSync(each, ['--version'], { encoding: 'utf8' }).trim() !== process.version)
}

test.skipIf(!olderNode())('an abort ends every call also after a garbage collection on an older Node', async () => {
  await using gateway = await openScriptedGateway(...abortScript.answers)
  const client = pathToFileURL(join(installed, 'dist/src/index.js')).href
  const { stdout } = await run(olderNode() ?? '', ['--expose-gc', abortScript.path, client, gateway.url])
  expect(stdout).toBe(abortScript.aborted)
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
