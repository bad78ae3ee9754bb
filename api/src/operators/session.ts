import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { SealingKeys } from '@encounter-gateway/shared/sealing/seal.ts'
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** How long an operator stays signed in. */
export const SESSION_MS = 8 * 3_600_000

/** Issues and reads the tokens of signed-in operators. */
export type OperatorSessions = {
  /** Issues a token for the cookie: name, expiry and signature. */
  issue(operator: Operator): string
  /** The operator of a token, as currently configured; `undefined` if the token is not valid (any more). */
  read(token: string | undefined): Operator | undefined
}

/**
 * Stateless sessions: every process with the same sealing keys accepts them. The signature covers the password hash, so
 * that a new password ends all sessions of an operator, as the removal of the operator does; a new first sealing key
 * does not.
 */
export function operatorSessions(
  operators: readonly Operator[],
  sealingKeys: SealingKeys,
  now: () => number = Date.now,
): OperatorSessions {
  const secrets = sealingKeys.map(({ derivationSecret }) =>
    Buffer.from(hkdfSync('sha256', derivationSecret, '', 'encounter-gateway operator session', 32)),
  )
  const sign = (secret: Buffer, { name, passwordHash }: Operator, expires: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([name, expires, passwordHash]))
      .digest()

  return {
    issue(operator) {
      const [first = Buffer.alloc(0)] = secrets
      const expires = String(now() + SESSION_MS)
      return `${operator.name}.${expires}.${sign(first, operator, expires).toString('base64url')}`
    },
    read(token) {
      const [, name, expires = '', signature = ''] = /^([\w-]{1,64})\.(\d{1,15})\.([\w-]{43})$/.exec(token ?? '') ?? []
      const operator = operators.find((candidate) => candidate.name === name)
      if (!operator || Number(expires) <= now()) return undefined
      const given = Buffer.from(signature, 'base64url')
      return secrets.some((secret) => timingSafeEqual(sign(secret, operator, expires), given)) ? operator : undefined
    },
  }
}
