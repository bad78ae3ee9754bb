import { expect, test } from 'vitest'
import { openGatedEmr } from '../failures/gated-emr.ts'
import { openGateway } from '../fixtures/gateway.ts'

test('a Retry of a job that ended in doubt asks first and finds the encounter that was created', async () => {
  await using emr = await openGatedEmr()
  await using gateway = await openGateway({
    emrSystem: 'Sandbox',
    connector: 'sandbox',
    settings: { onUnknownOutcome: 'stop', timeoutMs: 3_000 },
    emr: { options: { baseUrl: emr.baseUrl }, credentials: { loginId: 'user', password: 'secret' } },
  })
  emr.hold('after commit')
  const { job } = await gateway.submit()
  expect(await gateway.ended(job)).toMatchObject({ status: 'OutcomeUnknown', round: 1 })
  emr.release()
  await gateway.retry(job)
  expect(await gateway.ended(job)).toMatchObject({ status: 'Succeeded', recovered: true, round: 2 })
  expect(emr.made).toEqual([job])
})
