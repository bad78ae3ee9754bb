import { verifyWebhookByPublicKey } from '@encounter-gateway/client/webhook.ts'
import { newSecret, publicKeyOf, type SignatureKind } from '@encounter-gateway/shared/webhooks/signing-secrets.ts'
import { signedHeaders, type SignedHeaders } from '@encounter-gateway/worker/webhooks/sign-webhook.ts'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { expect, test } from 'vitest'

const body = JSON.stringify({ type: 'encounter.created', data: { EmrInstance: 'größer 🏥' } })
const MINUTE_MS = 60_000

/** Whether each verifier that knows the kind of a secret accepts a message. Neither library knows v1a. */
async function verdicts(secret: string, text: string, headers: SignedHeaders): Promise<boolean[]> {
  const asked = secret.startsWith('whsec_')
    ? [() => new StandardWebhook(secret).verify(text, headers), () => new SvixWebhook(secret).verify(text, headers)]
    : [() => verifyWebhookByPublicKey(text, { ...headers }, publicKeyOf(secret))]
  return Promise.all(
    asked.map(async (ask) => {
      try {
        await ask()
        return true
      } catch (error) {
        if ((error as Error).name !== 'WebhookVerificationError') throw error
        return false
      }
    }),
  )
}
const all = (accepted: boolean) => (each: boolean[]) => each.length > 0 && each.every((one) => one === accepted)

test.for<[old: SignatureKind, next: SignatureKind]>([
  ['v1', 'v1'],
  ['v1', 'v1a'],
  ['v1a', 'v1'],
  ['v1a', 'v1a'],
])(
  'while %s is replaced by %s, foreign verifiers accept either secret, and nothing that was changed',
  async (kinds) => {
    const at = new Date()
    const [old, next] = [newSecret(kinds[0]), newSecret(kinds[1])]
    const secrets = [{ secret: next }, { secret: old, until: at.getTime() + MINUTE_MS }]
    const headers = signedHeaders(secrets, 'msg_a_1', body, at)
    const late = signedHeaders(secrets, 'msg_a_1', body, new Date(at.getTime() - 6 * MINUTE_MS))
    const early = signedHeaders(
      [{ secret: old }, { secret: next }],
      'msg_a_1',
      body,
      new Date(at.getTime() + 6 * MINUTE_MS),
    )
    const ended = signedHeaders(secrets, 'msg_a_1', body, new Date(at.getTime() + MINUTE_MS))
    for (const secret of [old, next]) {
      expect(await verdicts(secret, body, headers)).toSatisfy(all(true))
      expect(await verdicts(secret, body.replace('created', 'failed'), headers)).toSatisfy(all(false))
      expect(await verdicts(secret, `${body} `, headers)).toSatisfy(all(false))
      expect(await verdicts(secret, body, { ...headers, 'webhook-id': 'msg_a_2' })).toSatisfy(all(false))
      expect(await verdicts(secret, body, late)).toSatisfy(all(false))
      expect(await verdicts(secret, body, early)).toSatisfy(all(false))
      const moved = { ...late, 'webhook-timestamp': headers['webhook-timestamp'] }
      expect(await verdicts(secret, body, moved)).toSatisfy(all(false))
      expect(await verdicts(secret, body, ended)).toSatisfy(all(secret === next))
    }
  },
)
