import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProcesses, type Processes } from '../fixtures/processes.ts'
import { openScriptedGateway } from './scripted-gateway.ts'
import { freshEncounters, linesOf, openCommandLine, type CommandLine } from './command-line.ts'

// a database of the client's tests without webhooks: the queue of deliveries has one name for all
const redisUrl = `${process.env['REDIS_URL'] ?? ''}/5`
let gateway: Processes
let cli: CommandLine

beforeAll(async () => {
  gateway = await startProcesses({ redisUrl })
  cli = openCommandLine(gateway)
  cli.write('good.ndjson', linesOf(freshEncounters(1)))
})
afterAll(async () => {
  cli?.[Symbol.dispose]()
  await gateway?.[Symbol.asyncDispose]()
})

test.for([
  ['no command', [], 64, /Usage/],
  ['a command that there is not', ['geheim'], 64, /unknown command; the commands are submit, batch/],
  ['nearly a command', ['sumbit', 'good.ndjson'], 64, /unknown command; did you mean submit\?/],
  ['nearly an option', ['submit', 'good.ndjson', '--wach'], 64, /unknown option --wach; did you mean --watch\?/],
  ['no EMR', ['submit', 'good.ndjson'], 64, /requires --emr/],
  ['a password on the command line', ['job', 'x', '--password', 'geheim'], 64, /unknown option --password/],
  [
    '--new together with --resume',
    ['submit', 'good.ndjson', '--emr', 'Sandbox', '--new', '--resume'],
    64,
    /--new cannot be combined with/,
  ],
  ['no file of that name', ['submit', 'none.ndjson', '--emr', 'Sandbox'], 66, /none.ndjson does not exist/],
  ['a batch that is not there', ['batch', 'q3f0h2k7m9x1c8v5b6n4'], 76, /no batch/],
  ['an EMR that is not there', ['submit', 'good.ndjson', '--emr', 'Nope'], 76, /no EMR system of this name/],
] as const)('%s ends with its own exit code', async ([, args, exitCode, expected]) => {
  const ended = await cli.run([...args])
  expect(ended).toMatchObject({ exitCode, out: '' })
  expect(ended.err).toMatch(expected)
  expect(ended.err).not.toContain('geheim')
})

test.for([
  ['empty', '', /contains no encounters/],
  ['only-blank', '\n \r\n\n', /contains no encounters/],
  ['array', '[\n{}]', /JSON array/],
  ['header-only.csv', 'PatientId,UserId\n', /contains no encounters/],
  ['bad-header.csv', 'PatientId,Patient\nJane,u\n', /column 2 \("Patient"\) is not known/],
  ['bad-row.csv', 'PatientId,UserId\nJane,u,x\n', /row 2: has 3 cells/],
] as const)(
  'a file that cannot be submitted as a whole (%s) ends with 65 before anything is sent',
  async ([name, content, expected]) => {
    const { exitCode, err } = await cli.submit(cli.write(name, content))
    expect(exitCode).toBe(65)
    expect(err).toMatch(expected)
    expect(err).not.toContain('Jane')
  },
)

test('missing credentials are named, all of them', async () => {
  const none = { GATEWAY_URL: '', GATEWAY_APPLICATION_NAME: '', GATEWAY_APPLICATION_KEY: '' }
  const { exitCode, err } = await cli.run(['job', 'x'], none)
  expect(exitCode).toBe(78)
  for (const name of Object.keys(none)) expect(err).toContain(name)
})

test('a login that the EMR asks for and nobody has ends with 78 before anything is sent', async () => {
  await using elsewhere = await openScriptedGateway()
  const none = { GATEWAY_URL: elsewhere.url, GATEWAY_LOGIN_ID: '', GATEWAY_PASSWORD: '' }
  const { exitCode, err } = await cli.submit('good.ndjson', [], none)
  expect(exitCode).toBe(78)
  expect(err).toContain('missing: GATEWAY_LOGIN_ID (or LoginId in the credentials file), GATEWAY_PASSWORD')
  expect(elsewhere.seen).toEqual([])
})

test('a login that stands in the encounters is enough', async () => {
  const none = { GATEWAY_LOGIN_ID: '', GATEWAY_PASSWORD: '' }
  const [encounter] = freshEncounters(1)
  const withLogin = { ...encounter, LoginId: 'doctor-login', Password: 'doctor-password' }
  expect(await cli.submit(cli.write('login.ndjson', linesOf([withLogin])), [], none)).toMatchObject({ exitCode: 0 })
})

test('credentials come from a file that only its owner can read', async () => {
  const none = { GATEWAY_URL: '', GATEWAY_APPLICATION_NAME: '', GATEWAY_APPLICATION_KEY: '' }
  const content = { Url: gateway.url, ApplicationName: 'demo', ApplicationKey: 'the-key-of-demo' }
  const file = cli.write('credentials.json', JSON.stringify(content))
  chmodSync(join(cli.folder, file), 0o644)
  expect(await cli.run(['job', 'x', '--credentials', file], none)).toMatchObject({ exitCode: 78 })
  chmodSync(join(cli.folder, file), 0o600)
  expect(await cli.run(['job', 'x', '--credentials', file], none)).toMatchObject({ exitCode: 76 })
})

test('an address that cannot be used is named as it was given', async () => {
  const { exitCode, err } = await cli.run(['job', 'x'], { GATEWAY_URL: 'geheim' })
  expect({ exitCode, err }).toEqual({
    exitCode: 78,
    err: 'GATEWAY_URL (Url in the credentials file) must be an http or https URL\n',
  })
})

test('a wrong key is not permitted', async () => {
  const { exitCode, err } = await cli.run(['job', 'x'], { GATEWAY_APPLICATION_KEY: 'geheim' })
  expect(exitCode).toBe(77)
  expect(err).not.toContain('geheim')
})

test('a key of one’s own with another content is refused, and the line told', async () => {
  const toSandbox = ['--key', 'mine', '--resume']
  expect(await cli.submit('good.ndjson', toSandbox)).toMatchObject({ exitCode: 0 })
  const other = cli.write('other.ndjson', linesOf(freshEncounters(1)))
  const { exitCode, err } = await cli.submit(other, toSandbox)
  expect({ exitCode, err }).toMatchObject({
    exitCode: 76,
    err: expect.stringContaining('Item 0 differs from') as string,
  })
})

test('a gateway out of reach is tried until the patience ends: try later', async () => {
  await using closed = await startClosed()
  const { exitCode, err } = await cli.submit('good.ndjson', ['--patience', '1'], { GATEWAY_URL: closed.url })
  expect(exitCode).toBe(75)
  expect(err).toMatch(/ECONNREFUSED\); next try in \d s/)
})

test('a result that cannot be written ends with 74, and leaves no half of it', async () => {
  const submitted = await cli.submit('good.ndjson', ['--json'])
  const { BatchId } = JSON.parse(submitted.out) as { BatchId: string }
  const { exitCode, err } = await cli.run(['results', BatchId, '-o', 'no/such/folder/results.ndjson'])
  expect({ exitCode, err }).toMatchObject({ exitCode: 74, err: expect.stringContaining('ENOENT') as string })
})

test('--help and --version are no mistakes', async () => {
  expect(await cli.run(['--help'])).toMatchObject({
    exitCode: 0,
    err: '',
    out: expect.stringMatching(/^Usage/) as string,
  })
  for (const args of [
    ['submit', '--help'],
    ['help', 'submit'],
  ]) {
    const { exitCode, out } = await cli.run(args)
    expect({ exitCode, out }).toMatchObject({ exitCode: 0, out: expect.stringContaining('--no-compress') as string })
  }
  expect(await cli.run(['--version'])).toMatchObject({ exitCode: 0, out: '0.1.0\n' })
})

test('validate needs neither gateway nor credentials', async () => {
  const none = { GATEWAY_URL: '', GATEWAY_APPLICATION_NAME: '', GATEWAY_APPLICATION_KEY: '' }
  expect(await cli.run(['validate', 'good.ndjson'], none)).toMatchObject({
    exitCode: 0,
    out: 'good.ndjson: 1 encounter, 0 not valid\n',
  })
  const file = cli.write(
    'mixed.csv',
    'PatientId,UserId,Encounter.EncounterDateTime\np,u,2026-01-01T00:00:00Z\nJane,u,yesterday\n',
  )
  const { exitCode, out } = await cli.run(['validate', file], none)
  expect(exitCode).toBe(1)
  expect(out).toMatch(/^mixed.csv: row 3: column Encounter.EncounterDateTime must be an RFC 3339/)
  expect(out).not.toMatch(/Jane|yesterday/)
  const listed = JSON.parse((await cli.run(['validate', file, '--json'], none)).out) as object
  expect(listed).toMatchObject({ Items: 2, Invalid: 1, Errors: [{ Row: 3, Pointer: '/Encounter/EncounterDateTime' }] })
})

/** An address where nobody listens any more. */
async function startClosed() {
  const gateway = await openScriptedGateway()
  await gateway[Symbol.asyncDispose]()
  return { url: gateway.url, async [Symbol.asyncDispose]() {} }
}
