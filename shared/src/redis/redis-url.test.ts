import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { readRedisUrl } from './redis-url.ts'

test.each([
  [
    'redis://127.0.0.1',
    { kind: 'single', nodes: [{ host: '127.0.0.1', port: 6379 }], db: 0, login: {}, tls: undefined },
  ],
  ['redis://:p%40ss@cache:7000/3', { nodes: [{ host: 'cache', port: 7000 }], login: { password: 'p@ss' }, db: 3 }],
  ['redis://a%3Ab:c%3Ad@h', { login: { username: 'a:b', password: 'c:d' } }],
  ['redis://user:a@b@h', { login: { username: 'user', password: 'a@b' } }],
  ['redis://[::1]:7000?db=2', { nodes: [{ host: '::1', port: 7000 }], db: 2 }],
  ['rediss://h', { kind: 'single', tls: {} }],
  [
    'redis+sentinel://u:p@a,[fe80::1]:5/main?db=4&sentinelPassword=x%26y&sentinelUsername=s',
    {
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'fe80::1', port: 5 },
      ],
      masterName: 'main',
      db: 4,
      login: { username: 'u', password: 'p' },
      sentinelLogin: { sentinelUsername: 's', sentinelPassword: 'x&y' },
    },
  ],
  ['rediss+sentinel://a/main', { kind: 'sentinel', tls: {} }],
  [
    'rediss+cluster://a:1,b:2/',
    {
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      tls: {},
    },
  ],
])('reads %s', (url, expected) => {
  expect(readRedisUrl(url)).toMatchObject(expected)
})

test.each([
  ['http://h', 'must begin with redis://'],
  ['redis+cluster:/h', 'must begin with redis://'],
  ['redis://user@h', 'user without a password'],
  ['redis://:secret@a,b', 'several servers'],
  ['redis://:secret@::1', 'IPv6 address in brackets'],
  ['redis://h:0', 'host:port'],
  ['redis://h:99999', 'host:port'],
  ['redis://h/main', 'as a number'],
  ['redis://h/1?db=2', 'twice'],
  ['redis://h?database=2', 'unknown parameter database'],
  ['redis+sentinel://h', 'lacks the name of the primary'],
  ['redis+cluster://h/1', 'only database 0'],
  ['redis+cluster://h?db=1', 'only database 0'],
  ['redis://h?sentinelPassword=secret', 'not of the form redis+sentinel://'],
  ['redis://:secret%@h', 'write %25'],
  ['redis://h?ca=/etc/hosts', 'nothing would be encrypted'],
  ['rediss://h?ca=/nowhere/ca.pem', '/nowhere/ca.pem as ca, which cannot be read'],
  ['rediss://h?ca=/etc/hosts', 'not in PEM'],
])('refuses %s in one sentence without the password', (url, reason) => {
  const message = messageOf(url)
  expect(message).toMatch(reason)
  expect(message).not.toContain(':secret')
})

test('reads a private CA and a client certificate from files, and asks for both halves', () => {
  const file = join(tmpdir(), `gateway-pem-${process.pid}`)
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\n')
  const pem = '-----BEGIN CERTIFICATE-----\n'
  expect(readRedisUrl(`rediss://h?ca=${file}&cert=${file}&key=${file}`).tls).toEqual({ ca: pem, cert: pem, key: pem })
  expect(messageOf(`rediss://h?cert=${file}`)).toContain('cert and key together')
})

function messageOf(url: string): string {
  try {
    readRedisUrl(url)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
