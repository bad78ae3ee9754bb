import { generateKeyPairSync, sign } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, expectTypeOf, test } from 'vitest'
import { verifyWebhook, verifyWebhookByPublicKey, WebhookVerificationError, type WebhookEvent } from './webhook.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const older = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const body =
  '{"type":"encounter.created","timestamp":"2026-11-23T12:00:00.007Z","data":{"JobId":"q3f0a7k2m9x1c8v5b6n4"}}'

function signed(by = secret, at = new Date()): Record<string, string> {
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(by).sign('msg_1', at, body),
  }
}

test('reads a genuine webhook, from text or bytes, with Headers or those of Node', () => {
  const expected = { id: 'msg_1', ...(JSON.parse(body) as object) }
  expect(verifyWebhook(body, signed(), secret)).toEqual(expected)
  expect(verifyWebhook(new TextEncoder().encode(body), new Headers(signed()), secret)).toEqual(expected)
})

test('an event has the properties of its type', () => {
  type DataOf<Type extends WebhookEvent['type']> = Extract<WebhookEvent, { type: Type }>['data']
  expectTypeOf<DataOf<'batch.finished'>['BatchId']>().toEqualTypeOf<string>()
  expectTypeOf<DataOf<'batch.finished'>>().not.toHaveProperty('JobId')
  expectTypeOf<DataOf<'login.refused'>['StatusCode']>().toEqualTypeOf<number>()
  const event = verifyWebhook(body, signed(), secret)
  if (event.type === 'encounter.created') expectTypeOf(event.data.BatchId).toEqualTypeOf<string | undefined>()
  if (event.type === 'endpoint.disabled') expectTypeOf(event.data.EndpointId).toEqualTypeOf<string>()
  switch (event.type) {
    case 'encounter.created':
    case 'encounter.failed':
    case 'encounter.outcome_unknown':
    case 'encounter.cancelled':
    case 'encounter.expired':
    case 'batch.finished':
    case 'login.refused':
    case 'endpoint.failing':
    case 'endpoint.disabled':
    case 'webhook.test':
      break
    default:
      expectTypeOf(event).toBeNever()
  }
})

test('takes the new secret and the old one while it is being changed', () => {
  expect(verifyWebhook(body, signed(older), secret, older).type).toBe('encounter.created')
})

test.for([
  ['another secret', body, signed(older)],
  ['another body', body.replace('created', 'failed'), signed()],
  ['a signature of an hour ago', body, signed(secret, new Date(Date.now() - 3_600_000))],
  ['no signature', body, {}],
] as const)('refuses %s', ([, text, headers]) => {
  expect(() => verifyWebhook(text, headers, secret)).toThrow(WebhookVerificationError)
})

test('a webhook signed with ed25519 is verified with the public key alone, and every change is noticed', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = `whpk_${publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`
  const signedAt = (seconds: number): Record<string, string> => {
    const signature = sign(null, Buffer.from(`msg_1.${seconds}.${body}`), privateKey).toString('base64')
    return { 'webhook-id': 'msg_1', 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,x v1a,${signature}` }
  }
  const now = Math.floor(Date.now() / 1_000)
  const other = `whpk_${Buffer.alloc(32, 7).toString('base64')}`
  expect(await verifyWebhookByPublicKey(body, signedAt(now), other, key)).toMatchObject({ id: 'msg_1' })
  const refused: Parameters<typeof verifyWebhookByPublicKey>[] = [
    [`${body} `, signedAt(now), key],
    [body, { ...signedAt(now), 'webhook-id': 'msg_2' }, key],
    [body, signedAt(now - 3_600), key],
    [body, signed(), key],
    [body, { ...signedAt(now), 'webhook-signature': 'v1a,%%%' }, key],
  ]
  for (const each of refused) await expect(verifyWebhookByPublicKey(...each)).rejects.toThrow(WebhookVerificationError)
})
