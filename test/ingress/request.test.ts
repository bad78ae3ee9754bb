import { idempotencyCandidates } from '@encounter-gateway/shared/sealing/idempotency.ts'
import { sealingKey } from '@encounter-gateway/shared/sealing/seal.ts'
import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { created, failed, minimalRequest, newSealingKey, openIngress, type Ingress } from '../fixtures/ingress.ts'
import { loadSample } from '../fixtures/sample.ts'

/** The JobId of the request with this Idempotency-Key, known before the request is answered. */
async function jobIdOf(gateway: Ingress, key: string): Promise<string> {
  const [{ id, key: base64 } = { id: '', key: '' }] = gateway.sealingKeys
  const scope = { application: gateway.names.demo, connection: gateway.connection.settings, key }
  const [{ name }] = idempotencyCandidates([sealingKey(id, Buffer.from(base64, 'base64'))], scope, minimalRequest)
  for (;;) {
    const kept = await gateway.redis.get(gateway.keys.idempotency(name))
    if (kept) return kept.split(' ')[0] ?? ''
    await delay(5)
  }
}

/** Ends a job as soon as it is accepted. */
async function finishOnceAccepted(gateway: Ingress, jobId: string, ending: typeof created): Promise<void> {
  while ((await gateway.finish(jobId, ending)) === 'unaccepted') await delay(5)
}

describe('a valid request', () => {
  test('is answered 202 with its job, its location and when to ask', async () => {
    await using gateway = await openIngress()
    const reply = await gateway.post(loadSample())
    const job = reply.json<{ JobId: string }>()
    expect(reply.statusCode).toBe(202)
    expect(reply.headers).toMatchObject({
      location: `/api/v1/Jobs/${job.JobId}`,
      'retry-after': '2',
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
    })
    expect(job).toEqual({
      JobId: expect.stringMatching(/^[a-z][0-9a-z]{19}$/),
      EMRSystem: 'Sandbox',
      EmrInstance: gateway.emrInstance,
      Status: 'Queued',
      CreatedAt: expect.any(String),
      UpdatedAt: expect.any(String),
      Attempts: 0,
      MaxAttempts: 5,
    })
    expect((await gateway.get(`/api/v1/Jobs/${job.JobId}`)).json()).toEqual(job)
    expect(await gateway.connection.records.queue.getJobCounts('waiting')).toEqual({ waiting: 1 })
  })

  test('is sealed byte for byte as received, including dates with 7 fractional digits and nulls', async () => {
    await using gateway = await openIngress()
    const body = `{ "UserId":"u", "PatientId":"Zoë", "PatientIdType":null,
      "Encounter":{"EncounterDateTime":"2025-12-12T20:56:11.0053317+00:00","Insurances":null} }`
    const { JobId } = (await gateway.post(body)).json<{ JobId: string }>()
    const { packed, credentials } = await gateway.payload(JobId)
    expect(packed.endsWith(`"request":${body}}`)).toBe(true)
    expect(credentials).toEqual({ loginId: 'doctor', password: 'swordfish' })
  })

  test('may begin with a byte order mark, which is not kept', async () => {
    await using gateway = await openIngress()
    const reply = await gateway.post(`\uFEFF${JSON.stringify(minimalRequest)}`)
    expect(reply.statusCode).toBe(202)
    const { request } = await gateway.payload(reply.json<{ JobId: string }>().JobId)
    expect(request).toEqual(minimalRequest)
  })

  test('may carry all header parameters in its body, and the application key is not stored', async () => {
    await using gateway = await openIngress()
    const { ApplicationName, ApplicationKey, LoginId, Password, EmrInstance } = gateway.headers
    const parameters = { ApplicationName, ApplicationKey, LoginId, Password, EmrInstance, RequestVerboseLogging: true }
    const headers = { 'Content-Type': 'application/json' }
    const payload = JSON.stringify({ ...minimalRequest, ...parameters, EMRSystem: 5 })
    const reply = await gateway.app.inject({
      method: 'POST',
      url: '/api/v1/sandbox/PatientEncounters',
      payload,
      headers,
    })
    expect(reply.statusCode).toBe(202)
    const { credentials, verbose, packed } = await gateway.payload(reply.json<{ JobId: string }>().JobId)
    expect({ credentials, verbose }).toEqual({
      credentials: { loginId: 'doctor', password: 'swordfish' },
      verbose: true,
    })
    expect(packed).not.toContain('demo key')
  })

  test('follows a header if the body differs', async () => {
    await using gateway = await openIngress()
    const body = { ...minimalRequest, LoginId: 'nurse', Password: 'x', ApplicationKey: 'wrong', EmrInstance: 'nowhere' }
    const reply = await gateway.post(body, { AuthorizationToken: 'token' })
    expect(reply.statusCode).toBe(202)
    const { credentials } = await gateway.payload(reply.json<{ JobId: string }>().JobId)
    expect(credentials).toEqual({ loginId: 'doctor', password: 'swordfish', authorizationToken: 'token' })
  })

  test('leaves nothing of patient or credentials in Redis or the log', async () => {
    await using gateway = await openIngress()
    const body = { ...minimalRequest, PatientId: 'CANARY-PATIENT', Encounter: { ReasonForVisit: 'CANARY-REASON' } }
    await gateway.post(body, { Password: 'CANARY-PASSWORD', 'Idempotency-Key': 'CANARY-KEY' })
    await gateway.post({ ...body, CANARY: 'CANARY' }, { Password: 'CANARY-PASSWORD' })
    await gateway.post(`{"PatientId":"CANARY-PATIENT" CANARY`)
    await gateway.get('/api/v1/CANARY?patient=CANARY-PATIENT')
    const keys = await gateway.redis.keys(`eg:*${gateway.emrInstance}*`)
    const values = await Promise.all(keys.map((key) => gateway.redis.dumpBuffer(key)))
    expect(keys.length).toBeGreaterThan(3)
    expect(Buffer.concat(values.map((value) => value ?? Buffer.alloc(0))).includes('CANARY')).toBe(false)
    expect(gateway.logLines.length).toBeGreaterThan(3)
    expect(gateway.logLines.join('')).not.toContain('CANARY')
  })
})

describe('with Prefer: wait', () => {
  test('the reply is the EMR’s own once the job has succeeded', async () => {
    await using gateway = await openIngress()
    const key = 'wait for it'
    const waiting = gateway.post(minimalRequest, { Prefer: 'respond-async, wait=30', 'Idempotency-Key': key })
    await finishOnceAccepted(gateway, await jobIdOf(gateway, key), created)
    const reply = await waiting
    expect(reply.statusCode).toBe(201)
    expect(reply.headers['preference-applied']).toBe('respond-async, wait=30')
    expect(reply.json()).toEqual({ EncounterId: '4711', AlternativeIdentifiers: created.result.AlternativeIdentifiers })
  })

  test('the reply is a problem with the EMR’s status code if it failed', async () => {
    await using gateway = await openIngress({ application: { waitSeconds: 30 } })
    const key = 'no header, but the default of the application'
    const waiting = gateway.post(minimalRequest, { 'Idempotency-Key': key })
    const jobId = await jobIdOf(gateway, key)
    await finishOnceAccepted(gateway, jobId, failed)
    const reply = await waiting
    expect(reply.statusCode).toBe(502)
    expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(reply.json()).toEqual({ ...failed.result.Problem, instance: `/api/v1/Jobs/${jobId}` })
  })

  test('the reply is 202 if the wait is over', async () => {
    await using gateway = await openIngress()
    const reply = await gateway.post(minimalRequest, { Prefer: 'wait=1' })
    expect([reply.statusCode, reply.headers['preference-applied']]).toEqual([202, 'wait=1'])
  })

  test.each([
    ['wait=0', 'wait=0'],
    ['respond-async', 'respond-async'],
  ])('`%s` is not waited for, whatever the application’s default', async (Prefer, applied) => {
    await using gateway = await openIngress({ application: { waitSeconds: 60 } })
    const reply = await gateway.post(minimalRequest, { Prefer })
    expect([reply.statusCode, reply.headers['preference-applied']]).toEqual([202, applied])
  })

  test('the reply is 202 at once when the process closes', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept({ 'Idempotency-Key': 'closing' })
    const waiting = gateway.post(minimalRequest, { Prefer: 'wait=60', 'Idempotency-Key': 'closing' })
    await setImmediate()
    await gateway.app.close()
    const reply = await waiting
    expect([reply.statusCode, reply.json<{ JobId: string }>().JobId]).toEqual([202, jobId])
  })

  test('an outcome published while nobody listened is still found', async () => {
    await using gateway = await openIngress()
    const jobId = await gateway.accept()
    gateway.subscriber.removeAllListeners('message')
    const waiting = gateway.app.untilFinished({ name: gateway.names.demo }, jobId, 60_000, new AbortController().signal)
    await gateway.finish(jobId, created)
    gateway.subscriber.disconnect(true)
    expect(await waiting).toBe('finished')
  })

  test('a caller that hangs up is not waited for', async () => {
    await using gateway = await openIngress()
    const caller = new AbortController()
    const waiting = gateway.app.untilFinished(
      { name: gateway.names.demo },
      await gateway.accept(),
      60_000,
      caller.signal,
    )
    caller.abort()
    expect(await waiting).toBe('elapsed')
  })
})

test('a sealing key that is not the first is not needed to accept', async () => {
  await using gateway = await openIngress({ sealingKeys: [newSealingKey('new'), newSealingKey('old')] })
  expect((await gateway.post(minimalRequest)).statusCode).toBe(202)
})
