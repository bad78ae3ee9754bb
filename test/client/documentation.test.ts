import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Batch, BatchItem } from '@encounter-gateway/client/index.ts'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spawnChild } from '../fixtures/child.ts'
import { demoKey, spawnNode, startProcesses, type Processes } from '../fixtures/processes.ts'
import { encounterAt } from '../generator/encounters.ts'
import { linesOf, openCommandLine, type CommandLine } from './command-line.ts'
import { paced } from '../fixtures/pace.ts'

const doc = readFileSync('docs/client.md', 'utf8')
const examplesFolder = 'api/client/examples'
const program = fileURLToPath(new URL('../../api/client/cli/encounter-gateway.mjs', import.meta.url))
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

// a database of its own: the queue of webhook deliveries has one name for all
const redisUrl = `${process.env['REDIS_URL'] ?? ''}/4`
let gateway: Processes
let cli: CommandLine
let webhookPort: number

beforeAll(async () => {
  webhookPort = await findFreePort()
  const host = `127.0.0.1:${webhookPort}`
  gateway = await startProcesses({
    redisUrl,
    settings: { requestsPerSecond: 5_000 },
    application: { webhook: { url: `http://${host}/`, secret } },
    config: { webhooks: { allowHttp: true, allowHosts: [host] } },
  })
  cli = openCommandLine(gateway)
})
afterAll(async () => {
  cli?.[Symbol.dispose]()
  await gateway?.[Symbol.asyncDispose]()
})

const blocksOf = (language: string) =>
  [...doc.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block)
const environment = () => ({
  ...process.env,
  GATEWAY_URL: gateway.url,
  GATEWAY_APPLICATION_KEY: demoKey,
  GATEWAY_EMR_INSTANCE: gateway.emrInstance,
  WEBHOOK_SECRET: secret,
  PORT: String(webhookPort),
})

test('the page has the examples as they are', () => {
  const examples = readdirSync(examplesFolder).map((name) => readFileSync(join(examplesFolder, name), 'utf8'))
  const asInstalled = examples.map((source) =>
    source.replaceAll('@encounter-gateway/client/index.ts', '@encounter-gateway/client'),
  )
  expect(new Set(blocksOf('ts'))).toEqual(new Set(asInstalled))
})

test('the page names every exit code and every command', async () => {
  const { out } = await cli.run(['--help'])
  const { exitCodes } = await import('../../api/client/cli/exit-codes.ts')
  const rows = [...doc.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) => codes.split(', ').map(Number))
  expect(new Set(rows)).toEqual(new Set(Object.values(exitCodes)))
  const commands = [
    'submit',
    'batch',
    'results',
    'retry',
    'cancel',
    'job',
    'validate',
    'preview',
    'webhooks',
    'ops',
    'completion',
  ]
  for (const command of commands) {
    expect(out).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect(doc).toContain(`${command} `)
  }
})

test('the example that submits one encounter says how it ended', async () => {
  const example = spawnNode(`${examplesFolder}/submit-one.ts`, environment())
  expect(await example.ended).toBe(0)
  expect(example.output()).toMatch(/^Succeeded SBX-\d{6}\n$/)
})

test('the example that uploads a batch watches it to its end', async () => {
  const example = spawnNode(`${examplesFolder}/upload-batch.ts`, environment())
  expect(await example.ended).toBe(0)
  expect(example.output()).toMatch(/100 of 100 created, 0 failed\n$/)
})

test('the example that receives webhooks takes those of the gateway, and no others', async () => {
  const example = spawnNode(`${examplesFolder}/receive-webhooks.ts`, environment())
  try {
    const forged = async () => (await fetch(`http://127.0.0.1:${webhookPort}/`, { method: 'POST', body: '{}' })).status
    await expect.poll(() => forged().catch(() => 0), { timeout: paced(10_000) }).toBe(401)
    await cli.submit(cli.write('told.ndjson', linesOf([encounterAt(77, 1)])), ['--watch'])
    await expect
      .poll(() => example.output(), { timeout: paced(25_000) })
      .toMatch(/^encounter.created msg_[0-9a-z]{20}_1$/m)
    await expect
      .poll(() => example.output(), { timeout: paced(25_000) })
      .toMatch(/^batch.finished msg_[0-9a-z]{20}_1$/m)
  } finally {
    await example.kill('SIGKILL')
  }
})

describe('the commands of the page', () => {
  test('all do what they say, one block after the other', async () => {
    cli.write('encounters.ndjson', linesOf(Array.from({ length: 30 }, (_, index) => encounterAt(88, index))))
    cli.write('encounters.csv', blocksOf('csv')[0] ?? '')
    const [credentials = '', ...blocks] = blocksOf('sh')
    expect(blocks.length).toBeGreaterThan(5)
    let ids: { batchId: string; jobId: string } | undefined
    for (const block of blocks) {
      const said = await inShell(credentials + block, ids)
      expect({ block, ...said }).toMatchObject({ block, exitCode: 0 })
      ids ??= await idsOf('encounters.ndjson')
    }
  })
})

/** The batch of a file, and its first job. */
async function idsOf(file: string) {
  const submit = ['submit', file, '--emr', 'Sandbox', '--resume', '--instance', gateway.emrInstance]
  const { BatchId } = await cli.json<Batch>(submit)
  const [first = ''] = (await cli.run(['results', BatchId])).out.split('\n')
  return { batchId: BatchId, jobId: (JSON.parse(first) as BatchItem).JobId ?? '' }
}

/** Runs a block of the page as a person would, in a shell, with this gateway for the one that `npm start` starts. */
async function inShell(block: string, ids: { batchId: string; jobId: string } | undefined) {
  const bin = join(cli.folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${program}" "$@"\n`)
  chmodSync(join(bin, 'npx'), 0o755)
  const here = block
    .replaceAll('http://127.0.0.1:3000', gateway.url)
    .replaceAll('demo-key', demoKey)
    .replaceAll(/\bBATCH\b/g, ids?.batchId ?? '')
    .replaceAll(/\bJOB\b/g, ids?.jobId ?? '')
  const env = { PATH: `${bin}:${process.env['PATH']}`, GATEWAY_EMR_INSTANCE: gateway.emrInstance }
  const shell = spawnChild('sh', ['-e', '-c', here], { cwd: cli.folder, env })
  let output = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [exitCode] = (await once(shell, 'close')) as [number | null]
  return { exitCode, output }
}
