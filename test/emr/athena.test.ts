import { ConfigError, loadConfig } from '@encounter-gateway/shared/config/config.ts'
import { connectorOptions } from '@encounter-gateway/worker/emr/registry.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conformance } from '../conformance.ts'
import { callFor, errorOf, orderOf } from '../fixtures/port.ts'
import { openAthena } from './athena.ts'
import { useAthena, visit } from './use-athena.ts'

conformance({ emrSystem: 'Athena', connector: 'athena', open: openAthena, adopting: { adoptUnmarked: true } })

const athena = useAthena()

test('refuses a PatientId that is not an athena number, before anything is sent', async () => {
  const encounter = { ...visit(), PatientIdType: 'MRN' }
  const error = await errorOf(athena.port().create(orderOf(athena.emr, encounter), callFor()))
  expect(error).toMatchObject({ code: 400, pointers: ['/PatientIdType'] })
  expect(athena.emr.calls).toEqual([])
})

test('an exhausted quota holds the connection for as long as athena requests', async () => {
  athena.emr.quota(0)
  const error = await errorOf(athena.port().create(orderOf(athena.emr, visit()), callFor()))
  expect(error).toMatchObject({ code: 502, retry: true, outcomeUnknown: false, retryAfterMs: 1000 })
})

test('waits for a quota that runs out between the encounter and its parts', async () => {
  athena.emr.quota(2)
  const made = await athena.port().create(orderOf(athena.emr, visit()), callFor())
  expect(made.NotCarried).toEqual(['/UserId'])
  expect(athena.emr.practice.encounters[0]?.diagnoses).toEqual(['R07.9', 'J18.9'])
})

test('parts for which no time is left are reported as not carried', async () => {
  athena.emr.quota(1)
  const over = new AbortController()
  const creating = athena.port().create(orderOf(athena.emr, visit()), callFor(over.signal))
  await expect.poll(() => athena.emr.calls).toContain('POST chart/encounter/62020/encounterreasonnote')
  over.abort()
  expect(await creating).toMatchObject({
    EncounterId: '62020',
    NotCarried: ['/UserId', '/Encounter/ReasonForVisit', '/Encounter/ICD10DXCodeIds/0', '/Encounter/ICD10DXCodeIds/1'],
  })
})

test('gets a new token when athena no longer accepts the old one', async () => {
  const connector = athena.port()
  await connector.create(orderOf(athena.emr, visit()), callFor())
  athena.emr.forgetTokens()
  await connector.create(orderOf(athena.emr, visit()), callFor())
  expect(athena.emr.encounters()).toHaveLength(2)
})

test("uses the client's AuthorizationToken in place of the gateway's", async () => {
  const order = orderOf(athena.emr, visit(), { credentials: { authorizationToken: 'not-one-of-athenas' } })
  expect(await errorOf(athena.port().create(order, callFor()))).toMatchObject({ code: 401, outcomeUnknown: false })
  expect(athena.emr.calls).toEqual(['POST chart/7681/ordergroups'])
})

test('names the fields that athena reports as missing, and passes on nothing else', async () => {
  const body = { error: 'Jane Doe', missingfields: ['DEPARTMENTID', 'JANE DOE'] }
  athena.emr.refuse(/ordergroups$/, { status: 400, body: JSON.stringify(body) })
  const error = await errorOf(athena.port().create(orderOf(athena.emr, visit()), callFor()))
  expect(error).toMatchObject({ code: 400, pointers: ['/Encounter/Location'] })
  expect(JSON.stringify(error) + error.stack).not.toMatch(/jane/i)
})

test('a refusal of status 200 is a refusal', async () => {
  athena.emr.refuse(/ordergroups$/, { status: 200, body: '{"success":false,"errormessage":"Jane Doe"}' })
  const error = await errorOf(athena.port().create(orderOf(athena.emr, visit()), callFor()))
  expect(error).toMatchObject({ code: 400, retry: false, outcomeUnknown: false })
})

test('an answer of status 200 without an encounter leaves the outcome unknown', async () => {
  athena.emr.refuse(/ordergroups$/, { status: 200, body: '{"success":true}' })
  const error = await errorOf(athena.port().create(orderOf(athena.emr, visit()), callFor()))
  expect(error).toMatchObject({ code: 502, retry: true, outcomeUnknown: true })
})

test("a practice that does not exist is the operator's concern, not the client's", async () => {
  const error = await errorOf(athena.port({ practiceId: '1' }).create(orderOf(athena.emr, visit()), callFor()))
  expect(error).toMatchObject({ code: 502, retry: false, outcomeUnknown: false })
})

test('checks the credentials, the practice and the default department, and creates nothing', async () => {
  await athena.port().check(callFor())
  expect(await errorOf(athena.port({ departmentId: '404' }).check(callFor()))).toMatchObject({ code: 400 })
  const wrong = { ...(athena.emr.options['auth'] as object), clientSecret: 'wrong' }
  expect(await errorOf(athena.port({ auth: wrong }).check(callFor()))).toMatchObject({ code: 401 })
  expect(athena.emr.encounters()).toEqual([])
})

test('a connection must configure how many jobs per second its quota allows', () => {
  const { requestsPerSecond: _left, ...options } = athena.emr.options
  const folder = mkdtempSync(join(tmpdir(), 'gateway-test-'))
  const path = join(folder, 'config.json')
  const content = {
    applications: [{ name: 'demo', keyHash: `sha256:${'0'.repeat(64)}`, emrSystems: ['Athena'] }],
    connections: [{ emrSystem: 'Athena', emrInstance: 'default', connector: 'athena', ...options }],
    sealingKeys: [{ id: 'k1', key: Buffer.alloc(32).toString('base64') }],
  }
  writeFileSync(path, JSON.stringify(content))
  try {
    expect(() => loadConfig(path, {}, connectorOptions)).toThrow(ConfigError)
    expect(() => loadConfig(path, {}, connectorOptions)).toThrow('/connections/0/requestsPerSecond: must be <= 50')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
