import { createHmac, timingSafeEqual } from 'node:crypto'
import type { RedisClient } from '../redis/connect.ts'
import type { SealingKeys } from '../sealing/seal.ts'
import { AUDIT_KEY, AUDIT_HEAD_KEY } from './keys.ts'
import { runScript } from '../redis/script.ts'
import { defineScripts, scripts } from './scripts.ts'
import { DAY } from '../durations.ts'

/** The hash before the first entry. */
const START = '0'.repeat(64)
const stored = { log: AUDIT_KEY, head: AUDIT_HEAD_KEY }
const TRIES = 50
const READ_AT_ONCE = 500

/** One act of a person or program, without patient data. Names and values are those of the operator API. */
export type AuditEntry = {
  /** The name of an operator or application; `(unknown)` for one that could not be identified. */
  Actor: string
  Kind: 'operator' | 'application' | 'system'
  Role?: string | undefined
  /** The address that the request came from. */
  From?: string | undefined
  /** A word from the API: `Pause`, `Jobs/Retry`, `SignedIn`. */
  Action: string
  EMRSystem?: string | undefined
  EmrInstance?: string | undefined
  JobId?: string | undefined
  /** The filter of a bulk act, or other particulars; no text of a request. */
  About?: string | undefined
  Before?: string | undefined
  After?: string | undefined
  Reason?: string | undefined
}

/** An entry as kept: with its id, time and place in the chain. */
export type AuditRecord = AuditEntry & { Id: string; At: string; KeyId: string; Hash: string }

/** The append-only log of acts. */
export type Audit = {
  /** Appends an entry and resolves once it is stored. Throws if it could not be, so that the act can be refused. */
  append(entry: AuditEntry): Promise<AuditRecord>
  /** The entries older than `before` (an id; newest if absent), newest first. */
  page(before: string | undefined, count: number): Promise<AuditRecord[]>
  /** Removes entries older than this many days. The chain then begins with the oldest entry that is left. */
  forget(days: number): Promise<void>
  /** Checks the whole chain. */
  verify(): Promise<Verified>
}

/** `entries`: how many were checked. `broken`: the id of the first entry that does not fit, and why. */
export type Verified = { entries: number; first?: string; last?: string; broken?: { Id: string; Why: string } }

/**
 * Opens the audit log: a Redis stream. Each entry holds an HMAC over itself and the entry before it, under a secret that
 * is derived from a sealing key: who can write to Redis, but has no key, cannot change, insert or remove an entry in the
 * middle without `verify` noticing. The newest hash is also in a record of its own and in the log line of each act, which
 * show whether entries are missing at the end.
 */
export function openAudit(redis: RedisClient, sealingKeys: SealingKeys): Audit {
  defineScripts(redis)
  const hashOf = (keyId: string, before: string, at: string, text: string): string | undefined => {
    const key = sealingKeys.find(({ id }) => id === keyId)
    if (!key) return undefined
    const secret = createHmac('sha256', key.derivationSecret).update('encounter-gateway audit').digest()
    return createHmac('sha256', secret)
      .update(JSON.stringify([before, at, text]))
      .digest('hex')
  }

  return {
    async append(entry) {
      const [{ id: keyId }] = sealingKeys
      const text = JSON.stringify(entry)
      for (let tries = 0; tries < TRIES; tries++) {
        const before = (await redis.get(AUDIT_HEAD_KEY)) ?? START
        const at = new Date().toISOString()
        const hash = hashOf(keyId, before, at, text) ?? START
        const id = await runScript(redis, scripts.audit, stored, { before, hash, start: START, at, keyId, entry: text })
        if (id !== '') return { ...entry, Id: id, At: at, KeyId: keyId, Hash: hash }
      }
      throw new Error('the audit log is being written by too many at once')
    },

    async page(before, count) {
      const entries = await redis.xrevrange(AUDIT_KEY, before ? `(${before}` : '+', '-', 'COUNT', count)
      return entries.map(readEntry)
    },

    async forget(days) {
      await redis.xtrim(AUDIT_KEY, 'MINID', '~', Date.now() - days * DAY)
    },

    async verify() {
      let last: string | undefined
      let first: string | undefined
      let hash: string | undefined
      let entries = 0
      for (;;) {
        const some = await redis.xrange(AUDIT_KEY, last ? `(${last}` : '-', '+', 'COUNT', READ_AT_ONCE)
        for (const stored of some) {
          const fields = fieldsOf(stored)
          const told = fields['hash'] ?? ''
          const before = fields['before'] ?? ''
          const [Id] = stored
          const due = hashOf(fields['key'] ?? '', before, fields['at'] ?? '', fields['entry'] ?? '')
          const refuse = (Why: string): Verified => ({ entries, ...(first && { first }), broken: { Id, Why } })
          if (due === undefined) return refuse(`its sealing key ${fields['key'] ?? ''} is not configured`)
          if (!isSame(due, told)) return refuse('its content was changed')
          if (hash !== undefined && hash !== before) return refuse('an entry before it is missing or was added')
          hash = told
          first ??= Id
          last = Id
          entries++
        }
        if (some.length < READ_AT_ONCE) break
      }
      const head = await redis.get(AUDIT_HEAD_KEY)
      const whole = { entries, ...(first && { first }), ...(last && { last }) }
      if ((head ?? START) === (hash ?? head ?? START)) return whole
      return { ...whole, broken: { Id: last ?? '', Why: 'entries after it are missing' } }
    },
  }
}

function fieldsOf([, pairs]: [string, string[]]): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: pairs.length / 2 }, (_, at) => [pairs[2 * at] ?? '', pairs[2 * at + 1] ?? '']),
  )
}

function readEntry(stored: [string, string[]]): AuditRecord {
  const fields = fieldsOf(stored)
  const entry = JSON.parse(fields['entry'] ?? '{}') as AuditEntry
  return { ...entry, Id: stored[0], At: fields['at'] ?? '', KeyId: fields['key'] ?? '', Hash: fields['hash'] ?? '' }
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
