import type { BatchItem } from '@encounter-gateway/shared/contract/batch.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openFhirServer } from '../emr/fhir.ts'
import { asDemo } from '../fixtures/processes.ts'
import { startWebhookReceiver } from '../fixtures/webhook-receiver.ts'
import { openFleet, uploadHeaders } from './fleet.ts'

const DATABASE = 2
const RESULT_MS = 10_000

// A FHIR server with conditional create remembers a correlation key for ever, and answers it with what it made then.
test('an Idempotency-Key used again after its time creates a new encounter, which is reported, and names no other patient’s', async () => {
  await using emr = await openFhirServer()
  await using receiver = await startWebhookReceiver()
  await using fleet = await openFleet({
    emrs: [{ emr: { baseUrl: String(emr.options['baseUrl']) }, settings: { connector: 'fhir' } }],
    database: DATABASE,
    application: { webhook: { url: receiver.url, secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}` } },
    config: {
      retention: { resultHours: RESULT_MS / 3_600_000 },
      webhooks: { allowHttp: true, allowHosts: [receiver.host] },
    },
  })
  const { connection, keys } = fleet.connection()
  const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
  const url = `${api.url}/api/v1/Sandbox/PatientEncounters`
  const line = (PatientId: string) => JSON.stringify({ UserId: 'u', PatientId, Encounter: {} })
  const forgotten = async (record: string) => {
    while ((await fleet.redis.keys(`${keys.base}:${record}:*`)).length > 0) await delay(50)
  }

  const post = async (patientId: string) => {
    const headers = { ...uploadHeaders(connection.emrInstance), 'content-type': 'application/json' }
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': 'visit-1', prefer: 'wait=30' },
      body: line(patientId),
    })
    expect(answer.status).toBe(201)
    return ((await answer.json()) as { EncounterId: string }).EncounterId
  }
  const ofAnn = await post('ann')
  await forgotten('idempotency')
  const ofBob = await post('bob')
  expect(ofBob).not.toBe(ofAnn)

  const upload = async (patientIds: string[]) => {
    const headers = { ...uploadHeaders(connection.emrInstance), 'idempotency-key': 'monday' }
    const answer = await fetch(`${url}/Batch`, { method: 'POST', headers, body: patientIds.map(line).join('\n') })
    expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([202, null])
    const { BatchId } = (await answer.json()) as { BatchId: string }
    const results = async () => {
      const lines = await (await fetch(`${api.url}/api/v1/Batches/${BatchId}/Results`, { headers: asDemo })).text()
      return lines
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as BatchItem)
    }
    await expect
      .poll(async () => (await results()).map(({ Status }) => Status), { timeout: 20_000, interval: 20 })
      .toEqual(patientIds.map(() => 'Succeeded'))
    return (await results()).map(({ EncounterId }) => EncounterId)
  }
  const first = await upload(['cid', 'dora'])
  await forgotten('batch')
  const second = await upload(['eve', 'fred'])
  const encounters = [ofAnn, ofBob, ...first, ...second]
  expect(new Set(encounters).size).toBe(6)
  expect(
    emr
      .encounters()
      .map(({ encounterId }) => encounterId)
      .toSorted(),
  ).toEqual(encounters.map(String).toSorted())

  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(8)
  const types = receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type)
  expect(types.filter((type) => type === 'encounter.created')).toHaveLength(6)
  expect(types.filter((type) => type === 'batch.finished')).toHaveLength(2)
}, 120_000)
