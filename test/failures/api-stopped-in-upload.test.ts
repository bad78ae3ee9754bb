import type { Batch } from '@encounter-gateway/shared/contract/batch.ts'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, test } from 'vitest'
import { openFleet, readBatch, uploadHeaders, uploadLine, type FleetProcess } from './fleet.ts'
import { openGatedEmr } from './gated-emr.ts'
import { PATIENCE } from '../fixtures/pace.ts'

const ITEMS = 200
const KEY = { 'idempotency-key': 'one-upload' }

/** An upload whose parts the test sends when it decides. */
function beginUpload(api: FleetProcess, emrInstance: string) {
  const url = `${api.url}/api/v1/Sandbox/PatientEncounters/Batch`
  const sent = request(url, { method: 'POST', headers: { ...uploadHeaders(emrInstance), ...KEY } })
  const answered = (async () => {
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: answer.statusCode, batch: JSON.parse(await text(answer)) as Batch }
  })()
  answered.catch(() => undefined)
  return {
    answered,
    send(from: number, to: number) {
      for (let n = from; n < to; n++) sent.write(uploadLine(n))
    },
    end: () => sent.end(),
  }
}

describe.concurrent('an api told to stop in the middle of an upload', () => {
  test('reads it to its end, and then ends', async ({ expect }) => {
    await using emr = await openGatedEmr()
    await using fleet = await openFleet({ emrs: [{ emr }] })
    const { connection, pending } = fleet.connection()
    const [api] = await Promise.all([fleet.startApi(), fleet.startWorker()])
    const upload = beginUpload(api, connection.emrInstance)
    upload.send(0, ITEMS / 2)
    await expect.poll(() => emr.made.length, PATIENCE).toBeGreaterThan(10)
    api.child.kill('SIGTERM')
    await expect.poll(() => api.output(), PATIENCE).toContain('api.draining')
    upload.send(ITEMS / 2, ITEMS)
    upload.end()
    expect(await upload.answered).toMatchObject({ status: 202, batch: { Items: ITEMS, Accepted: ITEMS } })
    expect(await api.ended).toBe(0)
    await expect.poll(pending, PATIENCE).toBe(0)
    expect(new Set(emr.made).size).toBe(ITEMS)
    expect(emr.made).toHaveLength(ITEMS)
  })

  test('and killed in it: the same upload to another api adds the rest, and each item is created once', async ({
    expect,
  }) => {
    await using emr = await openGatedEmr()
    await using fleet = await openFleet({ emrs: [{ emr }] })
    const { connection, pending } = fleet.connection()
    const [api, other] = await Promise.all([fleet.startApi(), fleet.startApi(), fleet.startWorker()])
    const broken = beginUpload(api, connection.emrInstance)
    broken.send(0, ITEMS / 2)
    await expect.poll(() => emr.made.length, PATIENCE).toBeGreaterThan(10)
    api.child.kill('SIGTERM')
    await expect.poll(() => api.output(), PATIENCE).toContain('api.draining')
    await api.kill('SIGKILL')
    await expect(broken.answered).rejects.toThrow()
    const again = beginUpload(other, connection.emrInstance)
    again.send(0, ITEMS)
    again.end()
    const { status, batch } = await again.answered
    expect([status, batch.Items]).toEqual([202, ITEMS])
    await expect.poll(pending, PATIENCE).toBe(0)
    expect(new Set(emr.made).size).toBe(ITEMS)
    expect(emr.made).toHaveLength(ITEMS)
    expect(await readBatch(other, batch.BatchId)).toMatchObject({ Status: 'Finished', Succeeded: ITEMS })
  })
})
