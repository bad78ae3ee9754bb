import { localWebhookSecret } from '@encounter-gateway/launch/local-config.ts'
import { startWebhookReceiver } from '@encounter-gateway/launch/webhook-receiver.ts'
import { webhookTypes } from '@encounter-gateway/shared/contract/webhook-message.ts'
import { inWords } from '@encounter-gateway/launch/webhook-in-words.ts'
import { Webhook } from 'standardwebhooks'
import { expect, onTestFinished, test } from 'vitest'

const webhook = new Webhook(localWebhookSecret())
const created = {
  type: 'encounter.created',
  timestamp: '2026-11-23T12:00:00.007Z',
  data: { JobId: 'j1', EMRSystem: 'Sandbox', EmrInstance: 'default', StatusCode: 201 },
}

const body = JSON.stringify(created)

async function receiver() {
  const lines: string[] = []
  const running = await startWebhookReceiver((line) => lines.push(line))
  let closed: Promise<void> | undefined
  const close = () => (closed ??= running.close())
  onTestFinished(close)
  return {
    lines,
    close,
    heard: (jobId: string, ms = 5_000) => running.hasHeardOf(jobId, ms),
    post: async (id: string, { sent = body, signed = '', at = new Date(), method = 'POST' } = {}) => {
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': webhook.sign(id, at, signed || sent),
      }
      return (await fetch(running.url, { method, headers, ...(method === 'POST' && { body: sent }) })).status
    },
  }
}

test('prints a genuine webhook in plain words, and says when it comes again', async () => {
  const { lines, post, heard } = await receiver()
  const coming = heard('j1')
  expect([await post('msg_j1_1'), await post('msg_j1_1')]).toEqual([204, 204])
  const line = 'Webhook  encounter.created: Sandbox has the encounter of job j1 (signature verified'
  expect(lines).toEqual([`${line})`, `${line}, came again)`])
  expect([await coming, await heard('j1'), await heard('j2', 1)]).toEqual([true, true, false])
})

test('refuses what the gateway did not sign, and prints nothing of it', async () => {
  const { lines, post } = await receiver()
  expect(await post('msg_j1_1', { sent: body.replace('j1', 'FORGED'), signed: body })).toBe(401)
  expect(await post('msg_j1_1', { at: new Date(Date.now() - 600_000) })).toBe(401)
  expect(await post('msg_j1_1', { sent: `"${'x'.repeat(1024 * 1024)}"` })).toBe(413)
  expect(await post('msg_j1_1', { method: 'GET' })).toBe(405)
  expect(lines).toHaveLength(2)
  expect(lines.join()).toMatch(/^Webhook {2}refused: /)
  expect(lines.join()).not.toContain('FORGED')
})

test('a large batch prints ten lines in a second, and the count of the rest', async () => {
  const { lines, post, close } = await receiver()
  await Promise.all(Array.from({ length: 40 }, async (_, n) => post(`msg_j${n}_1`)))
  await close()
  const more = lines.filter((line) => line.startsWith('Webhook  and '))
  const counted = more.reduce((sum, line) => sum + Number(/\d+/.exec(line)?.[0]), 0)
  expect(lines.length - more.length + counted).toBe(40)
  expect(counted).toBeGreaterThan(0)
})

test('has words for each type that the gateway sends', () => {
  const words = webhookTypes.map((type) => inWords({ type, data: { ...created.data, BatchId: 'b', EndpointId: 'e' } }))
  expect(new Set(words).size).toBe(webhookTypes.length)
  expect(words.join()).not.toContain('does not know')
  expect(inWords({ type: 'encounter.new', data: {} })).toContain('does not know')
})
