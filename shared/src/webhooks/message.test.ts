import { expect, test } from 'vitest'
import { terminalStatuses } from '../contract/job.ts'
import type { OutcomeEvent } from '../records/outcome.ts'
import { webhookMessageOf } from './message.ts'

const connection = { emrSystem: 'Cerner', emrInstance: 'north' }
const event: OutcomeEvent = {
  JobId: 'q3f0a7k2m9x1c8v5b6n4',
  Round: 2,
  At: Date.UTC(2026, 10, 23, 12, 0, 0, 7),
  Status: 'Failed',
  StatusCode: 400,
  Application: 'demo',
}

test('an outcome becomes a thin message whose id names the job and the round', () => {
  expect(webhookMessageOf(event, connection)).toStrictEqual({
    id: 'msg_q3f0a7k2m9x1c8v5b6n4_2',
    application: 'demo',
    body: {
      type: 'encounter.failed',
      timestamp: '2026-11-23T12:00:00.007Z',
      data: { JobId: 'q3f0a7k2m9x1c8v5b6n4', EMRSystem: 'Cerner', EmrInstance: 'north', StatusCode: 400 },
    },
  })
})

test('the outcome of a batch item names its batch', () => {
  const { data } = webhookMessageOf({ ...event, BatchId: 'b1' }, connection).body
  expect(data.BatchId).toBe('b1')
})

test('each terminal status has its own type', () => {
  const types = terminalStatuses.map((Status) => webhookMessageOf({ ...event, Status }, connection).body.type)
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
