import { afterAll, beforeAll, expect, test } from 'vitest'
import { openIngress, type Ingress } from '../fixtures/ingress.ts'

type OwnConnection = Record<string, unknown> & { EMRSystem: string }
let gateway: Ingress

beforeAll(async () => {
  gateway = await openIngress({
    application: { maxPending: 7 },
    connection: { concurrency: 3, requestsPerSecond: 9, deadlineHours: 2, maxAttempts: 4 },
    operators: [],
  })
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

const seen = async (as: Record<string, string> = {}) =>
  (await gateway.get('/api/v1/Connections', as)).json<{ Connections: OwnConnection[] }>().Connections
const sandbox = async () => (await seen())[0]

/** A time of about `ms` from now. */
const about = (ms: number) =>
  expect.toSatisfy((text: string) => Math.abs(Date.parse(text) - Date.now() - ms) < 5_000) as string

test('an application sees the connections that it may use, with their limits and its own pending jobs', async () => {
  await gateway.accept()
  await gateway.post({ UserId: 'u', PatientId: 'p', Encounter: {} }, gateway.asOther)
  expect(await seen()).toEqual([
    {
      EMRSystem: 'Sandbox',
      EmrInstance: gateway.emrInstance,
      State: 'Healthy',
      Accepting: true,
      Pending: 1,
      MaxPending: 7,
      Concurrency: 3,
      RequestsPerSecond: 9,
      MaxAttempts: 4,
      DeadlineHours: 2,
    },
  ])
  expect((await seen(gateway.asOther)).map(({ EMRSystem }) => EMRSystem)).toEqual(['Sandbox', 'Cerner'])
})

test('an EMR that does not answer is Sick, for all to see, until it answers', async () => {
  const { breaker } = gateway.connection.records
  const rules = {
    minimumCalls: 10,
    failurePercent: 50,
    openMs: 60_000,
    longestMs: 600_000,
    inRow: 1,
    windowMs: 60_000,
  }
  await breaker.failed({ kind: 'unanswered', probe: false }, rules)
  expect(await sandbox()).toMatchObject({
    State: 'Sick',
    Reason: 'the EMR does not answer',
    Since: about(0),
    NextTryAt: about(60_000),
    Accepting: true,
  })
  await gateway.redis.hincrby(gateway.keys.breaker, 'openUntil', -120_000)
  expect(await sandbox()).toMatchObject({ State: 'Sick', NextTryAt: about(0) })
  await breaker.close()
  expect(await sandbox()).toMatchObject({ State: 'Healthy' })
})

test("what operators order shows, without their names and reasons; so does the EMR's own pause", async () => {
  const { control, breaker } = gateway.connection.records
  const order = { by: 'doer', reason: 'CANARY-REASON', at: Date.now() - 60_000 }
  await control.write({
    paused: { ...order, until: Date.now() + 60_000 },
    draining: order,
    limits: { ...order, concurrency: 1 },
  })
  const paused = await sandbox()
  expect(paused).toMatchObject({
    State: 'Paused',
    Reason: 'an operator has paused it',
    Since: about(-60_000),
    NextTryAt: about(60_000),
    Accepting: false,
    Concurrency: 1,
    RequestsPerSecond: 9,
  })
  expect(JSON.stringify(paused)).not.toMatch(/doer|CANARY/)
  await control.write({ paused: undefined, draining: undefined, limits: undefined })
  await breaker.hold(30_000)
  expect(await sandbox()).toMatchObject({
    State: 'Paused',
    Reason: 'the EMR asked for a pause',
    NextTryAt: about(30_000),
    Accepting: true,
  })
  await gateway.redis.unlink(gateway.keys.hold)
})

test('nobody else sees them', async () => {
  const reply = await gateway.app.inject({ url: '/api/v1/Connections' })
  expect(reply.statusCode).toBe(401)
})
