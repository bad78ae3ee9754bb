import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { abortScript } from '../client/abort-script.ts'
import { createdOf, freshEncounters, linesOf, openCommandLine } from '../client/command-line.ts'
import { openScriptedGateway } from '../client/scripted-gateway.ts'
import { PATIENCE } from '../fixtures/pace.ts'
import { startProcesses, type Processes } from '../fixtures/processes.ts'
import { isAlive, pidOf, repository, slowRepository } from '../launch/bare-repository.ts'
import { bringNodes, nodes } from './provide-nodes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gateway-package-'))
const installed = join(folder, 'package')
const program = join(installed, 'cli/encounter-gateway.mjs')
const client = pathToFileURL(join(installed, 'dist/src/index.js')).href
const run = promisify(execFile)
let gateway: Processes

beforeAll(async () => {
  const packed = run('npm', ['pack', '--pack-destination', folder], { cwd: join(root, 'api/client') }).then(() =>
    run('tar', ['xzf', 'encounter-gateway-client-0.1.0.tgz'], { cwd: folder }),
  )
  // what an installation would bring
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  // the database of the client's tests without webhooks
  const started = startProcesses({ redisUrl: `${process.env['REDIS_URL'] ?? ''}/5` }).then((it) => (gateway = it))
  await Promise.all([bringNodes(), packed, started])
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

describe.for(nodes)('on Node $version', ({ program: node }) => {
  test('the installer installs once, and says so in one line', () => {
    const { install, calls } = repository('', node)
    expect(install()).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^.*npm ci.*\n$/) as string,
    })
    expect(install()).toMatchObject({ status: 0, stderr: '', stdout: '' })
    expect(calls()).toHaveLength(1)
  })

  test('the installer keeps npm’s message and exit code when it fails', () => {
    const { install } = repository(`console.error('npm error code E404'); process.exit(7)`, node)
    expect(install()).toMatchObject({ status: 7, stderr: expect.stringContaining('npm error code E404') as string })
  })

  test('the installer waits for another one, and installs when that was killed', async () => {
    const { start, calls, go } = slowRepository(node)
    const first = start()
    await expect.poll(calls, PATIENCE).toHaveLength(1)
    const waiting = start()
    await expect.poll(waiting.output, PATIENCE).toContain('waiting for it')
    first.child.kill('SIGKILL')
    await expect.poll(() => isAlive(pidOf(calls()[0])), PATIENCE).toBe(false)
    await expect.poll(calls, PATIENCE).toHaveLength(2)
    await go()
    expect(await waiting.ended).toBe(0)
  })

  test('the packed command line explains itself', async () => {
    const { stdout } = await run(node, [program, '--help'])
    expect(stdout).toContain('Usage: encounter-gateway')
  })

  test('the packed command line submits a file and watches it to its end', async () => {
    using cli = openCommandLine(gateway, [node, program])
    const encounters = freshEncounters(3)
    const file = cli.write('three.ndjson', linesOf(encounters))
    const { exitCode, out, err } = await cli.submit(file, ['--watch'])
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toContain('3 succeeded, 0 failed')
    const patients = encounters.map(({ PatientId }) => PatientId)
    expect([...(await createdOf(gateway.sandboxUrl, patients)).values()]).toEqual([1, 1, 1])
  })

  test('the packed client takes a webhook of the gateway for genuine, and no other', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const now = new Date()
    const body = JSON.stringify({ type: 'encounter.created', timestamp: now.toISOString(), data: {} })
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('msg_1', now, body),
    }
    const script = fileURLToPath(new URL('verify-webhook.mjs', import.meta.url))
    const bodies = [body, body.replace('created', 'failed')]
    const { stdout } = await run(node, [script, client, secret, JSON.stringify(headers), ...bodies])
    expect(stdout).toBe('msg_1 encounter.created\nWebhookVerificationError\n')
  })

  test('a signal ends every call of the packed client also after a garbage collection', async () => {
    await using scripted = await openScriptedGateway(...abortScript.answers)
    const { stdout } = await run(node, ['--expose-gc', abortScript.path, client, scripted.url])
    expect(stdout).toBe(abortScript.aborted)
  })
})

test('the oldest Node that the client is promised for is among them, where npm has it for this machine', () => {
  const { engines } = JSON.parse(readFileSync(join(root, 'api/client/package.json'), 'utf8')) as {
    engines: { node: string }
  }
  const oldest = engines.node.replace('>=', '')
  const hasOldest = process.platform === 'linux' && process.arch === 'x64'
  expect(nodes.some(({ version }) => version.startsWith(`${oldest}.`))).toBe(hasOldest)
})

test('the package runs as JavaScript that needs nothing of this repository', async () => {
  const { stdout } = await run(process.execPath, [program, '--version'])
  expect(stdout).toBe('0.1.0\n')
  const checking = run(process.execPath, [program, 'validate', 'docs/client.md'], { cwd: root })
  await expect(checking).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining('is not valid JSON') as string,
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
  const exported = (await import(join(installed, entry))) as object
  expect(Object.keys(exported)).toEqual(expect.arrayContaining(['createClient', 'GatewayError', 'verifyWebhook']))
})

test('packing leaves nothing behind', () => {
  for (const name of ['dist', 'README.md', 'LICENSE']) expect(existsSync(join(root, 'api/client', name))).toBe(false)
})
