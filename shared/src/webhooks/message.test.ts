import { expect, test } from 'vitest'
import { terminalStatuses } from '../contract/job.ts'
import type { OutcomeEvent } from '../records/outcome.ts'
import { webhookMessageOf } from './message.ts'
import { unpackBody, type WebhookBody } from './packed-body.ts'

const connection = { emrSystem: 'Cerner', emrInstance: 'north' }
const event: OutcomeEvent = {
  JobId: 'q3f0a7k2m9x1c8v5b6n4',
  Round: 2,
  At: Date.UTC(2026, 10, 23, 12, 0, 0, 7),
  Status: 'Failed',
  StatusCode: 400,
  Application: 'demo',
}
const bodyOf = (about: Partial<OutcomeEvent>) => {
  const { id, type, connection: its, body } = webhookMessageOf({ ...event, ...about }, connection)
  return JSON.parse(unpackBody(body, id, type, its)) as WebhookBody
}

test('an outcome becomes a thin message whose id names the job and the round', () => {
  expect(webhookMessageOf(event, connection)).toMatchObject({
    id: 'msg_q3f0a7k2m9x1c8v5b6n4_2',
    type: 'encounter.failed',
    application: 'demo',
    connection: 'Cerner.north',
  })
  expect(bodyOf({})).toStrictEqual({
    type: 'encounter.failed',
    timestamp: '2026-11-23T12:00:00.007Z',
    data: { JobId: 'q3f0a7k2m9x1c8v5b6n4', EMRSystem: 'Cerner', EmrInstance: 'north', StatusCode: 400 },
  })
})

test('the outcome of a batch item names its batch', () => {
  expect(bodyOf({ BatchId: 'b1' }).data.BatchId).toBe('b1')
})

test('the end of a batch is stored as it is sent', () => {
  const { id, type, body } = webhookMessageOf(
    { BatchId: 'b1', Round: 2, At: event.At, Application: 'demo' },
    connection,
  )
  expect(id).toBe('msg_b1_2')
  expect(unpackBody(body, id, type)).toBe(body)
  expect(JSON.parse(body)).toStrictEqual({
    type: 'batch.finished',
    timestamp: '2026-11-23T12:00:00.007Z',
    data: { BatchId: 'b1', EMRSystem: 'Cerner', EmrInstance: 'north' },
  })
})

test('each terminal status has its own type', () => {
  const types = terminalStatuses.map((Status) => bodyOf({ Status }).type)
  expect(types).toStrictEqual([
    'encounter.created',
    'encounter.failed',
    'encounter.outcome_unknown',
    'encounter.cancelled',
    'encounter.expired',
  ])
})

test('whatever else an event may hold does not reach the body', () => {
  const overfull = { ...event, EncounterId: 'CANARY-PATIENT' }
  expect(JSON.stringify(webhookMessageOf(overfull, connection))).not.toContain('CANARY')
})
