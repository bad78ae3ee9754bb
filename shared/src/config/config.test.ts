import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ConfigError, loadConfig, type ConnectorOptions } from './config.ts'

const key = Buffer.alloc(32, 1).toString('base64')
const application = { name: 'demo', keyHash: `sha256:${'0'.repeat(64)}`, emrSystems: ['Sandbox'] }
const connection = {
  emrSystem: 'Sandbox',
  emrInstance: 'default',
  connector: 'sandbox',
  baseUrl: 'http://127.0.0.1:4010',
}
const good = { applications: [application], connections: [connection], sealingKeys: [{ id: 'k1', key }] }
const connectors: ConnectorOptions = { sandbox: Type.Object({ baseUrl: Type.String({ pattern: '^https?://' }) }) }

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

function written(content: unknown, files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-config-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const path = join(folder, 'config.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function mistakesOf(content: unknown, environment = {}, known = connectors): Record<string, string> {
  try {
    loadConfig(written(content), environment, known)
  } catch (error) {
    if (error instanceof ConfigError) return Object.fromEntries(error.mistakes.map((m) => [m.Pointer, m.Message]))
    throw error
  }
  return {}
}

test('what is left out has its documented default', () => {
  const config = loadConfig(written(good), {}, connectors)
  expect(config.retention).toEqual({ resultHours: 72, failedPayloadHours: 72, auditDays: 400 })
  expect(config.connections[0]).toMatchObject({ timeoutMs: 10_000, maxAttempts: 5, onUnknownOutcome: 'reconcile' })
  expect(config.connections[0]?.breaker).toEqual({ minimumCalls: 10, failurePercent: 50, openMs: 15_000 })
  expect(config.applications[0]?.requestsPerMinute).toBe(60_000)
  expect(config.webhooks).toEqual({
    allowHttp: false,
    allowHosts: [],
    timeoutSeconds: 15,
    disableAfterDays: 5,
    retentionHours: 168,
  })
})

test('env: and file: values are replaced, files relative to the configuration', () => {
  const content = {
    ...good,
    sealingKeys: [{ id: 'k1', key: 'file:sealing.key' }],
    connections: [{ ...connection, baseUrl: 'env:URL' }],
  }
  const config = loadConfig(written(content, { 'sealing.key': `${key}\n` }), { URL: 'https://emr.example' }, connectors)
  expect(config.connections[0]).toMatchObject({ baseUrl: 'https://emr.example' })
  expect(config.sealingKeys[0].key.export()).toEqual(Buffer.alloc(32, 1))
})

test('all mistakes are told at once, each by its JSON Pointer', () => {
  const mistakes = mistakesOf({
    applications: [{ ...application, keyHash: 'md5:0', emrSystem: ['Sandbox'] }],
    connections: [{ ...connection, emrSystem: 'Cernr', timeoutMs: '10', baseUrl: 'env:NOWHERE', concurency: 5 }],
    sealingKeys: [{ id: 'k1', key: 'file:absent' }],
  })
  expect(Object.keys(mistakes).toSorted()).toEqual([
    '/applications/0/emrSystem',
    '/applications/0/keyHash',
    '/connections/0/baseUrl',
    '/connections/0/concurency',
    '/connections/0/emrSystem',
    '/connections/0/timeoutMs',
    '/sealingKeys/0/key',
  ])
  expect(mistakes['/connections/0/concurency']).toContain('concurrency')
  expect(mistakes['/connections/0/baseUrl']).toBe('the environment variable NOWHERE is not set')
  expect(mistakes['/sealingKeys/0/key']).toBe('the file absent cannot be read')
})

test("a connector's missing option and an unknown connector are mistakes", () => {
  const { baseUrl: _, ...without } = connection
  expect(Object.keys(mistakesOf({ ...good, connections: [without] }))).toEqual(['/connections/0/baseUrl'])
  const unknown = mistakesOf({ ...good, connections: [{ ...connection, connector: 'toString' }] })
  expect(unknown['/connections/0/connector']).toBe('must be one of sandbox')
})

test('what contradicts itself is a mistake', () => {
  const webhook = { url: 'http://10.0.0.1/hook', secret: `whsec_${Buffer.alloc(24).toString('base64')}` }
  const mistakes = mistakesOf({
    ...good,
    applications: [
      { ...application, webhook },
      application,
      { ...application, name: 'd', keyHash: `sha256:${createHash('sha256').digest('hex')}` },
      { ...application, name: 'c', webhook: { url: 'https://example.org', secret: `whsec_${'A'.repeat(88)}` } },
      { ...application, name: 'e', webhook: { ...webhook, url: 'https://ann:50%@example.org' } },
      { ...application, name: 'f', webhook: { ...webhook, url: 'https://' } },
      { ...application, name: 'g', webhook: { ...webhook, url: 'https://ann:50%25@example.org' } },
    ],
    connections: [connection, connection],
    sealingKeys: [good.sealingKeys[0], good.sealingKeys[0]],
  })
  expect(Object.keys(mistakes).toSorted()).toEqual([
    '/applications/0/webhook/url',
    '/applications/1/name',
    '/applications/2/keyHash',
    '/applications/3/webhook/secret',
    '/applications/4/webhook/url',
    '/applications/5/webhook/url',
    '/connections/1/emrInstance',
    '/sealingKeys/1/id',
  ])
})

test.for([
  ['a file that is not there', () => '/nonexistent/config.json', 'cannot be read'],
  ['no file named', () => undefined, 'set GATEWAY_CONFIG'],
  ['a file that is not JSON', () => written('{ "secret": "hunter2", // comment'), 'not JSON'],
] satisfies [string, () => string | undefined, string][])('%s is told in one sentence', ([, path, expected]) => {
  expect(() => loadConfig(path(), {})).toThrow(expected)
  expect(() => loadConfig(path(), {})).not.toThrow('hunter2')
})

test('a mistake never quotes the value', () => {
  const text = JSON.stringify(mistakesOf({ ...good, sealingKeys: [{ id: 'k1', key: 'hunter2' }] }))
  expect(text).not.toContain('hunter2')
})

test('every mistake in operators is told, and a configuration without the newer properties is good', () => {
  const passwordHash = 'scrypt:1024:8:1:AA==:AA=='
  const tokenHash = `sha256:${'1'.repeat(64)}`
  const old = { name: 'ops', passwordHash, role: 'operator' }
  expect(mistakesOf({ ...good, operators: [old] })).toEqual({})
  const robot = { name: 'robot', role: 'viewer', tokenHash, connections: ['Sandbox.*'] }
  expect(mistakesOf({ ...good, operators: [old, robot] })).toEqual({})
  const mistakes = mistakesOf({
    ...good,
    operators: [
      robot,
      { ...robot, name: 'twin', connections: ['Sandbox.other', 'Cerner.*', '*'] },
      { name: 'nothing', role: 'viewer' },
      { ...robot, name: 'empty', tokenHash: `sha256:${createHash('sha256').update('').digest('hex')}` },
    ],
  })
  expect(Object.keys(mistakes).toSorted()).toEqual([
    '/operators/1/connections/0',
    '/operators/1/connections/1',
    '/operators/1/tokenHash',
    '/operators/2',
    '/operators/3/tokenHash',
  ])
})

test('processes with the same configuration have the same fingerprint, whatever defaults they fill in', () => {
  const path = written(good)
  const { fingerprint } = loadConfig(path, {}, connectors)
  expect(loadConfig(path, {}).fingerprint).toBe(fingerprint)
  const other = loadConfig(written({ ...good, connections: [{ ...connection, concurrency: 21 }] }), {})
  expect(other.fingerprint).not.toBe(fingerprint)
})

test('keys and connections of applications are checked: short keys, both or none of two forms, connections that are none', () => {
  const hashOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
  const { keyHash, name, emrSystems } = application
  const two = [keyHash, `sha256:${'1'.repeat(64)}`]
  expect(mistakesOf({ ...good, applications: [{ name, keyHashes: two, connections: ['Sandbox.default'] }] })).toEqual(
    {},
  )
  const mistakes = mistakesOf({
    ...good,
    applications: [
      { ...application, keyHash: hashOf('a') },
      { name: 'b', emrSystems, keyHashes: [keyHash, hashOf('changeme')] },
      { name: 'c', keyHash, connections: ['Sandbox.other', 'Cerner.*'] },
      { name: 'd', emrSystems },
      { name: 'e', keyHash },
      { name: 'f', keyHash, keyHashes: two, emrSystems },
      { name: 'g', keyHashes: [keyHash, keyHash], emrSystems },
      { ...application, name: 'h', waitOver: 'seed' },
    ],
  })
  expect(Object.keys(mistakes).toSorted()).toEqual([
    '/applications/0/keyHash',
    '/applications/1/keyHashes/1',
    '/applications/2/connections/0',
    '/applications/2/connections/1',
    '/applications/3/keyHash',
    '/applications/4/emrSystems',
    '/applications/5/keyHashes',
    '/applications/6/keyHashes/1',
    '/applications/7/waitSeconds',
  ])
})
