import { expect, test } from 'vitest'
import { openFleet } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

test('a payload sealed in a future format fails its job with 500 and a log line, and no other job', async () => {
  await using emr = await openGatedEmr()
  await using fleet = await openFleet({ emrs: [{ emr }] })
  const { keys, submit, view } = fleet.connection()
  const [unreadable, readable] = [await submit(), await submit()]
  const version = Buffer.from([4]).toString('latin1')
  await fleet.redis.setrange(keys.payload(unreadable), 0, version)
  const worker = await fleet.startWorker()
  await expect.poll(() => view(unreadable), PATIENCE).toMatchObject({ Status: 'Failed', StatusCode: 500 })
  await expect.poll(() => view(readable), PATIENCE).toMatchObject({ Status: 'Succeeded' })
  const line =
    worker
      .output()
      .split('\n')
      .find((each) => each.includes('encounter.fault')) ?? '{}'
  expect(JSON.parse(line)).toMatchObject({ job: unreadable, level: 50, err: { type: 'SealError' } })
  expect(line).toContain('a format that this version does not know')
  expect(emr.made).toEqual([readable])
})
