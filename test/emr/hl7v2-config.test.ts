import { ConfigError, loadConfig } from '@encounter-gateway/shared/config/config.ts'
import type { Connection } from '@encounter-gateway/shared/config/schema.ts'
import { connectorOptions, policyMistakes } from '@encounter-gateway/worker/emr/registry.ts'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('cannot be asked, so its connections must resend or stop', () => {
  const connection = (onUnknownOutcome: string) =>
    configured({ emrSystem: 'Epic', connector: 'hl7v2', host: 'h', port: 1, onUnknownOutcome })
  expect(policyMistakes([connection('reconcile')])).toHaveLength(1)
  expect(policyMistakes([connection('resend'), connection('stop')])).toEqual([])
})

test.each(['hl7v2', 'meditech', 'epic'])('the connection shown on the page %s can be used', (page) => {
  const text = readFileSync(new URL(`../../docs/emr/${page}.md`, import.meta.url), 'utf8')
  const [, example = ''] = /```json\n(\{\n.*?\n\})\n```/s.exec(text) ?? []
  // Without its certificates, whose files are not here.
  const { tls, ...connection } = JSON.parse(example) as Record<string, unknown>
  expect(mistakesOf({ ...connection, tls: false })).toEqual([])
  expect(policyMistakes([configured(connection)])).toEqual([])
  expect(Object.keys(tls ?? {})).toContain('ca')
})

test.each([
  ['/connections/0/fields/~1Encounter~1NoSuch', { fields: { '/Encounter/NoSuch': 'PV1-10' } }],
  ['/connections/0/fields/~1Encounter~1FormType', { fields: { '/Encounter/FormType': 'MSH-10' } }],
  ['/connections/0/tls', { tls: true }],
  ['/connections/0/tls/rejectUnauthorized', { tls: { rejectUnauthorized: false } }],
  ['/connections/0/sendingApplication', { sendingApplication: 'A|B' }],
  ['/connections/0/characterSet', { characterSet: 'UTF-7' }],
  ['/connections/0/port', { port: 70_000 }],
])('the configuration is refused at %s', (pointer, more) => {
  expect(mistakesOf({ emrSystem: 'Meditech', connector: 'hl7v2', host: 'h', port: 2575, ...more })).toEqual([pointer])
})

function configured(connection: Record<string, unknown>): Connection {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-test-'))
  try {
    const path = join(folder, 'config.json')
    const content = {
      applications: [{ name: 'demo', keyHash: `sha256:${'0'.repeat(64)}`, emrSystems: ['Epic'] }],
      connections: [{ emrInstance: 'default', ...connection }],
      sealingKeys: [{ id: 'k1', key: Buffer.alloc(32).toString('base64') }],
    }
    writeFileSync(path, JSON.stringify(content))
    const [first] = loadConfig(path, {}, connectorOptions).connections
    if (!first) throw new Error('a configuration has at least one connection')
    return first
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function mistakesOf(connection: Record<string, unknown>): string[] {
  try {
    configured(connection)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes.map(({ Pointer }) => Pointer)
    throw error
  }
}
