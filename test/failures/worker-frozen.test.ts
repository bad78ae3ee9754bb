import { describe, test } from 'vitest'
import { asDemo } from '../fixtures/processes.ts'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { stoppingAt } from './preload.ts'
import { PATIENCE } from '../fixtures/pace.ts'

// The lock of 6 s and the check every 2 s have to pass.

async function open(settings: object = {}) {
  const emr = await openGatedEmr()
  // as long as the lock, so that a busy machine does not make a third attempt of it
  const fleet = await openFleet({ emrs: [{ emr, settings: { timeoutMs: 5_000, ...settings } }] })
  return {
    emr,
    fleet,
    at: fleet.connection(),
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]()
      await emr[Symbol.asyncDispose]()
    },
  }
}

describe.concurrent('a worker held up for longer than its lock while another one runs', () => {
  test('during its call: the other finds the encounter, and the late answer changes nothing', async ({ expect }) => {
    await using opened = await open({ timeoutMs: 60_000 })
    const { emr, fleet, at } = opened
    emr.hold('after commit')
    const job = await at.submit()
    const frozen = await fleet.startWorker()
    await expect.poll(() => emr.made, PATIENCE).toEqual([job])
    frozen.child.kill('SIGSTOP')
    // the answer now waits in the socket of a process that does not read it
    emr.release()
    await fleet.startWorker()
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Recovered: true })
    const outcome = await at.records.jobs.outcome(job)
    frozen.child.kill('SIGCONT')
    await expect.poll(() => frozen.output(), PATIENCE).toContain('"outcome":"created"')
    const next = await at.submit()
    await expect.poll(() => at.view(next), PATIENCE).toMatchObject({ Status: 'Succeeded' })
    expect(await at.records.jobs.outcome(job)).toEqual(outcome)
    expect(emr.made).toEqual([job, next])
  })

  test('between its mark and its call: the other creates the encounter, and the call is not made', async ({
    expect,
  }) => {
    await using opened = await open()
    const { emr, fleet, at } = opened
    const job = await at.submit()
    const frozen = await fleet.startWorker(stoppingAt('after begin', 'SIGSTOP'), false)
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Running' })
    await fleet.startWorker()
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 2 })
    const outcome = await at.records.jobs.outcome(job)
    frozen.child.kill('SIGCONT')
    await expect.poll(() => frozen.output(), PATIENCE).toContain('encounter.')
    expect(emr.made).toEqual([job])
    expect(await at.records.jobs.outcome(job)).toEqual(outcome)
  })

  test('between a refusal and its record: the refusal is not the outcome once the other has sent it again', async ({
    expect,
  }) => {
    await using opened = await open()
    const { emr, fleet, at } = opened
    emr.refuse(400)
    const job = await at.submit()
    const frozen = await fleet.startWorker(stoppingAt('before finish', 'SIGSTOP'), false)
    await expect.poll(() => emr.arrivals.length, PATIENCE).toBe(1)
    emr.hold('after commit')
    await fleet.startWorker()
    await expect.poll(() => emr.made, PATIENCE).toEqual([job])
    frozen.child.kill('SIGCONT')
    await expect.poll(() => frozen.output(), PATIENCE).toContain('worker.error')
    expect(await at.records.jobs.outcome(job)).toBeUndefined()
    emr.release()
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 2 })
    expect(emr.made).toEqual([job])
  })

  test('between a refusal and its record, and a Retry is opened meanwhile: the refusal does not end the new round', async ({
    expect,
  }) => {
    await using opened = await open({ onUnknownOutcome: 'stop' })
    const { emr, fleet, at } = opened
    emr.refuse(400)
    const job = await at.submit()
    const frozen = await fleet.startWorker(stoppingAt('before finish', 'SIGSTOP'), false)
    await expect.poll(() => emr.arrivals.length, PATIENCE).toBe(1)
    const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'OutcomeUnknown' })
    emr.hold('after commit')
    const retried = await fetch(`${api.url}/api/v1/Jobs/${job}/Retry`, { method: 'POST', headers: asDemo })
    expect(retried.status).toBe(202)
    await expect.poll(() => emr.made, PATIENCE).toEqual([job])
    frozen.child.kill('SIGCONT')
    await expect.poll(() => frozen.output(), PATIENCE).toContain('worker.error')
    expect(await at.records.jobs.outcome(job)).toBeUndefined()
    emr.release()
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 1 })
    expect(emr.made).toEqual([job])
  })

  test('between an answer and its record, where the other may send again: a second encounter is logged as an error and counted', async ({
    expect,
  }) => {
    await using opened = await open({ onUnknownOutcome: 'resend' })
    const { emr, fleet, at } = opened
    const job = await at.submit()
    const frozen = await fleet.startWorker(stoppingAt('before finish', 'SIGSTOP'), false)
    await expect.poll(() => emr.made, PATIENCE).toEqual([job])
    await fleet.startWorker()
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'Succeeded', Attempts: 2 })
    expect(emr.made).toEqual([job, job])
    const outcome = await at.records.jobs.outcome(job)
    frozen.child.kill('SIGCONT')
    await expect.poll(() => frozen.output(), PATIENCE).toContain('encounter.twice')
    const metrics = await (await fetch(`${frozen.url}/metrics`)).text()
    expect(metrics).toMatch(/gateway_late_successes_total\{[^}]*kind="twice"\} 1\n/)
    expect(metrics).toMatch(/gateway_late_successes_total\{[^}]*kind="after_outcome"\} 0\n/)
    expect(await at.records.jobs.outcome(job)).toEqual(outcome)
  })

  test('between an answer and its record, and the job ends otherwise meanwhile: the outcome stands, the success is logged', async ({
    expect,
  }) => {
    await using opened = await open({ onUnknownOutcome: 'stop' })
    const { emr, fleet, at } = opened
    const job = await at.submit()
    const frozen = await fleet.startWorker(stoppingAt('before finish', 'SIGSTOP'), false)
    await expect.poll(() => emr.made, PATIENCE).toEqual([job])
    await fleet.startWorker()
    await expect.poll(() => at.view(job), PATIENCE).toMatchObject({ Status: 'OutcomeUnknown' })
    frozen.child.kill('SIGCONT')
    await expect.poll(() => frozen.output(), PATIENCE).toContain('encounter.late')
    expect(await at.view(job)).toMatchObject({ Status: 'OutcomeUnknown' })
  })
})
