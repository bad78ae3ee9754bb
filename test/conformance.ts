import { loadSample } from './fixtures/sample.ts'
import type { EmrSystem } from '@encounter-gateway/shared/contract/emr-system.ts'
import { takeEncounter } from '@encounter-gateway/shared/contract/patient-encounter.ts'
import { openEmr } from '@encounter-gateway/worker/emr/registry.ts'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { lookAlikes, type SimulatedEmr, type SimulatedEncounter } from './emr/simulated-emr.ts'
import { openGateway, type GatewayUnderTest } from './fixtures/gateway.ts'

/** A connector and the simulated EMR that it is tested against. */
export type Subject = {
  emrSystem: EmrSystem
  connector: string
  open(): Promise<SimulatedEmr>
  /** Connection settings that differ from the suite's usual ones, such as a policy for an EMR that cannot be asked. */
  settings?: Record<string, unknown>
  /**
   * Settings by which the connector may claim its own encounter after a lost answer, if the EMR does not show enough to
   * be sure. The tests of look-alikes run without them.
   */
  adopting?: Record<string, unknown>
}

const codes = [400, 401, 403, 408, 500, 502] as const
const breakDowns = [
  'hang before commit',
  'hang after commit',
  'drop before commit',
  'drop after commit',
  'drip',
  'garbage',
  'oversized',
] as const

/**
 * What every connector must fulfil, with real Redis, a real worker and the vendor's wire format over sockets: the
 * seed's codes are reported, and whatever fails there is one encounter in the EMR or none, and the job reports which.
 */
export function conformance(subject: Subject): void {
  // most of a test is waiting, and each has a gateway and an EMR of its own
  describe.concurrent(`${subject.emrSystem} by ${subject.connector}`, () => {
    const openStrictly = async (settings: Record<string, unknown> = {}) => {
      const emr = await subject.open()
      const gateway = await openGateway({ ...subject, settings: { ...subject.settings, ...settings }, emr })
      return { emr, gateway, [Symbol.asyncDispose]: () => closeBoth(gateway, emr) }
    }
    const open = (settings: Record<string, unknown> = {}) => openStrictly({ ...subject.adopting, ...settings })

    test("the sample ends 201 with the EMR's id, and every field has arrived or is reported as not carried", async () => {
      await using both = await open()
      const { emr, gateway } = both
      const sample = loadSample()
      const { job } = await gateway.submit(sample)
      const done = await gateway.ended(job)
      expect(done).toMatchObject({ status: 'Succeeded', statusCode: 201 })
      const [made, ...more] = emr.encounters()
      expect(more).toEqual([])
      expect(done.result.EncounterId).toBe(made?.encounterId)
      const missing = made ? emr.missing(made, takeEncounter(sample)) : ['/']
      expect(missing.toSorted()).toEqual(done.result.NotCarried?.toSorted() ?? [])
    })

    for (const code of codes) {
      test(`an EMR that answers ${code} each time ends the job with ${code} and no encounter`, async ({ skip }) => {
        await using both = await open()
        const { emr, gateway } = both
        if (emr.cannotSay.includes(code)) skip(`this EMR has no way to say ${code}`)
        emr.misbehave({ how: { answer: code } })
        const { job } = await gateway.submit()
        expect((await gateway.ended(job)).statusCode).toBe(code)
        expect(emr.encounters()).toEqual([])
      })
    }

    for (const how of breakDowns) {
      test(`an EMR that once does "${how}" has exactly one encounter in the end`, async () => {
        await using both = await open()
        const { emr, gateway } = both
        emr.misbehave({ how, times: 1 })
        const { job } = await gateway.submit()
        const done = await gateway.ended(job)
        expect(done).toMatchObject({ status: 'Succeeded', statusCode: 201 })
        expect(emr.encounters().map((e) => e.encounterId)).toEqual([done.result.EncounterId])
      })
    }

    for (const how of lookAlikes) {
      test(`after a lost request, another's encounter that is alike but ${how} is neither claimed nor written to`, async () => {
        await using both = await openStrictly()
        const { emr, gateway } = both
        await gateway.ended((await gateway.submit(undischarged())).job)
        emr.enterLookAlike(how)
        const theirs = asText(emr.encounters())
        // as another process would: without remembering whose an encounter is
        await gateway.stopWorkers()
        await gateway.startWorker()
        emr.misbehave({ how: 'drop before commit', times: 1 })
        const { job } = await gateway.submit(undischarged())
        const { status, result } = await gateway.ended(job)
        const now = emr.encounters()
        expect(asText(now).slice(0, theirs.length)).toEqual(theirs)
        const made = now.slice(theirs.length).map(({ encounterId }) => encounterId)
        expect(['Succeeded', 'OutcomeUnknown']).toContain(status)
        expect(made).toEqual(status === 'Succeeded' ? [result.EncounterId] : [])
      })
    }

    test('an answer lost after the EMR had committed leaves one encounter, found or in doubt', async () => {
      await using both = await openStrictly()
      const { emr, gateway } = both
      emr.misbehave({ how: 'drop after commit', times: 1 })
      const { job } = await gateway.submit()
      const done = await gateway.ended(job)
      const [made, ...more] = emr.encounters()
      expect(more).toEqual([])
      const found = { status: 'Succeeded', result: { EncounterId: made?.encounterId } }
      expect(done).toMatchObject(subject.adopting ? { status: 'OutcomeUnknown' } : found)
    })

    test('a worker that died after the EMR had committed leaves one encounter, and the next one finds it', async () => {
      await using both = await open({ timeoutMs: 300 })
      const { emr, gateway } = both
      await gateway.stopWorkers()
      const { job } = await gateway.submit()
      expect((await gateway.records.jobs.begin(job)).kind).toBe('go')
      const port = openEmr(gateway.connection)
      const order = { correlationKey: job, encounter: takeEncounter(loadSample()), credentials: emr.credentials }
      await port.create(order, { signal: AbortSignal.timeout(5_000), log: pino({ level: 'silent' }) })
      await port.close()
      await gateway.startWorker()
      const done = await gateway.ended(job)
      expect(done).toMatchObject({ status: 'Succeeded', statusCode: 201 })
      expect(emr.encounters().map((e) => e.encounterId)).toEqual([done.result.EncounterId])
    })

    test('50 requests at once under one key make one encounter', async () => {
      await using both = await open()
      const { emr, gateway } = both
      await gateway.startWorker()
      const submitted = await Promise.all(Array.from({ length: 50 }, () => gateway.submit(loadSample(), 'one-key')))
      expect(new Set(submitted.map((s) => s.job)).size).toBe(1)
      expect(submitted.filter((s) => s.kind === 'new')).toHaveLength(1)
      await gateway.ended(submitted[0]?.job ?? '')
      expect(emr.encounters()).toHaveLength(1)
    })

    test('while the EMR is down the breaker opens and jobs are parked; when it is back they all succeed, once each', async () => {
      await using both = await open({
        maxAttempts: 3,
        concurrency: 4,
        breaker: { minimumCalls: 4, failurePercent: 50, openMs: 1_000 },
      })
      const { emr, gateway } = both
      await emr.down(true)
      const jobs = (await Promise.all(Array.from({ length: 12 }, () => gateway.submit()))).map((s) => s.job)
      const parked = await gateway.until(async () => (await gateway.view(jobs[11] ?? '')).Status === 'Parked')
      expect(parked).toBe(true)
      const spent = (await Promise.all(jobs.map((job) => gateway.view(job)))).map((view) => view.Attempts)
      await emr.down(false)
      const ended = await Promise.all(jobs.map((job) => gateway.ended(job)))
      expect(ended.map((e) => e.status)).toEqual(jobs.map(() => 'Succeeded'))
      expect(Math.max(...spent)).toBeLessThanOrEqual(2)
      expect(emr.encounters()).toHaveLength(12)
    })

    test('an EMR that turns calls away with 429 costs no attempt', async ({ skip }) => {
      await using both = await open({ maxAttempts: 1 })
      const { emr, gateway } = both
      if (emr.cannotSay.includes(429)) skip('this EMR has no way to say 429')
      emr.misbehave({ how: { answer: 429 }, times: 3 })
      const jobs = (await Promise.all(Array.from({ length: 3 }, () => gateway.submit()))).map((s) => s.job)
      const ended = await Promise.all(jobs.map((job) => gateway.ended(job)))
      expect(ended).toMatchObject(jobs.map(() => ({ status: 'Succeeded', attempts: 1 })))
      expect(emr.encounters()).toHaveLength(3)
    })

    test("two workers together observe the connection's concurrency", async () => {
      await using both = await open({ concurrency: 3 })
      const { emr, gateway } = both
      await gateway.startWorker()
      const jobs = (await Promise.all(Array.from({ length: 20 }, () => gateway.submit()))).map((s) => s.job)
      await Promise.all(jobs.map((job) => gateway.ended(job)))
      expect(emr.encounters()).toHaveLength(20)
      expect(emr.load().mostAtOnce).toBeLessThanOrEqual(3)
    })

    test("two workers together observe the connection's rate", async () => {
      await using both = await open({ requestsPerSecond: 5 })
      const { emr, gateway } = both
      await gateway.startWorker()
      const jobs = (await Promise.all(Array.from({ length: 12 }, () => gateway.submit()))).map((s) => s.job)
      await Promise.all(jobs.map((job) => gateway.ended(job)))
      const { arrivals } = emr.load()
      expect(arrivals).toHaveLength(12)
      // one every 200 ms; a busy machine notes the first ones late
      expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(1_500)
    })
  })
}

/** A visit that is still in progress: if the request itself is of a finished one, ours would be closed too. */
function undischarged() {
  const sample = loadSample()
  delete sample.Encounter.DischargeDateTime
  return sample
}

/** Their present content, unaffected by later changes. */
function asText(encounters: SimulatedEncounter[]): string[] {
  return encounters.map((encounter) => JSON.stringify(encounter))
}

async function closeBoth(gateway: GatewayUnderTest, emr: SimulatedEmr): Promise<void> {
  await gateway[Symbol.asyncDispose]()
  await emr[Symbol.asyncDispose]()
}
