import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import { sealingKey } from '@encounter-gateway/shared/sealing/seal.ts'
import { expect, test } from 'vitest'
import { operatorSessions, SESSION_MS } from './session.ts'

const ops: Operator = { name: 'ops', passwordHash: 'scrypt:16:1:1:AA==:AA==', role: 'operator' }
const eve: Operator = { name: 'eve', passwordHash: 'scrypt:16:1:1:AA==:AA==', role: 'viewer' }
const key = (id: string, fill: number) => sealingKey(id, Buffer.alloc(32, fill))

test('a token is taken by every process with the same keys, until it expires', () => {
  let time = 1_000_000
  const token = operatorSessions([ops], [key('k1', 1)], () => time).issue(ops)
  const elsewhere = operatorSessions([ops], [key('k1', 1)], () => time)
  expect(elsewhere.read(token)).toBe(ops)
  time += SESSION_MS - 1
  expect(elsewhere.read(token)).toBe(ops)
  time += 1
  expect(elsewhere.read(token)).toBeUndefined()
})

test('a token outlives a new first sealing key, not the removal of its own', () => {
  const token = operatorSessions([ops], [key('k1', 1)]).issue(ops)
  expect(operatorSessions([ops], [key('k2', 2), key('k1', 1)]).read(token)).toBe(ops)
  expect(operatorSessions([ops], [key('k2', 2)]).read(token)).toBeUndefined()
})

test('a removed operator and a changed password end the session; a changed role counts at once', () => {
  const token = operatorSessions([ops], [key('k1', 1)]).issue(ops)
  const read = (operators: Operator[]) => operatorSessions(operators, [key('k1', 1)]).read(token)
  expect(read([eve])).toBeUndefined()
  expect(read([{ ...ops, passwordHash: 'scrypt:16:1:1:AQ==:AA==' }])).toBeUndefined()
  expect(read([{ ...ops, role: 'viewer' }])?.role).toBe('viewer')
})

test('a token with another name, another expiry or another signature is not taken', () => {
  const sessions = operatorSessions([ops, eve], [key('k1', 1)])
  const [, expires = '', signature = ''] = sessions.issue(eve).split('.')
  const [first = '', ...others] = signature
  const forged = [
    `ops.${expires}.${signature}`,
    `eve.${Number(expires) + 1}.${signature}`,
    `eve.${expires}.${first === 'A' ? 'B' : 'A'}${others.join('')}`,
    `eve.${expires}.`,
    `eve.${expires}`,
    `eve.${expires}.${signature}x`,
    'x'.repeat(10_000),
    '',
    undefined,
  ]
  for (const token of forged) expect(sessions.read(token)).toBeUndefined()
  expect(sessions.read(`eve.${expires}.${signature}`)).toBe(eve)
})
