import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSandbox } from '../emr/sandbox.ts'
import { spawnNode } from '../fixtures/processes.ts'

async function check(connection: object, args: string[]): Promise<{ code: number | null; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-check-'))
  const path = join(folder, 'config.json')
  const applications = [{ name: 'demo', keyHash: `sha256:${'0'.repeat(64)}`, emrSystems: ['Sandbox'] }]
  const sealingKeys = [{ id: 'k1', key: randomBytes(32).toString('base64') }]
  writeFileSync(path, JSON.stringify({ applications, connections: [connection], sealingKeys }))
  const started = spawnNode('worker/src/check-connection.ts', { ...process.env, GATEWAY_CONFIG: path }, args)
  const code = await started.ended
  rmSync(folder, { recursive: true })
  return { code, said: started.output() }
}

const sandbox = { emrSystem: 'Sandbox', emrInstance: 'default', connector: 'sandbox' }

test('a working connection is reported as working, and nothing is created', async () => {
  await using emr = await openSandbox()
  const { code, said } = await check({ ...sandbox, ...emr.options }, ['sandbox'])
  expect(said).toMatch(/^Sandbox default \(sandbox\): works, answered in \d+ ms. Nothing was created.\n$/)
  expect(code).toBe(0)
  expect(emr.encounters()).toEqual([])
})

test('an EMR out of reach is reported in words, with what to check', async () => {
  const baseUrl = `http://127.0.0.1:${await findFreePort()}`
  const { code, said } = await check({ ...sandbox, baseUrl }, ['Sandbox', 'default'])
  expect(said).toContain('does not work: the EMR could not be reached')
  expect(said).toContain('Check address, port, DNS, firewall')
  expect(code).toBe(1)
})

test('an unknown connection is answered with the configured ones', async () => {
  const { code, said } = await check({ ...sandbox, baseUrl: 'http://127.0.0.1:1' }, ['Cerner'])
  expect(said).toContain('Configured: Sandbox default')
  expect(code).toBe(64)
})

test('a configuration that cannot be used exits with 78 and names the mistake', async () => {
  const { code, said } = await check({ ...sandbox, baseUrl: 'ftp://x' }, ['Sandbox'])
  expect(said).toContain('/connections/0/baseUrl')
  expect(code).toBe(78)
})
