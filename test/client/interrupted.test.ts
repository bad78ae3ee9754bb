import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProcesses, type Processes } from '../fixtures/processes.ts'
import { batchIdIn, createdOf, freshEncounters, linesOf, openCommandLine, type CommandLine } from './command-line.ts'
import { openWeakLine } from './weak-line.ts'

// a database of the client's tests without webhooks: the queue of deliveries has one name for all
const redisUrl = `${process.env['REDIS_URL'] ?? ''}/5`
let gateway: Processes
let cli: CommandLine

beforeAll(async () => {
  gateway = await startProcesses({ redisUrl, settings: { requestsPerSecond: 5_000, concurrency: 50 } })
  cli = openCommandLine(gateway)
})
afterAll(async () => {
  cli?.[Symbol.dispose]()
  await gateway?.[Symbol.asyncDispose]()
})

const onceEach = (encounters: { PatientId: string }[]) => new Map(encounters.map(({ PatientId }) => [PatientId, 1]))
const created = (encounters: { PatientId: string }[]) =>
  createdOf(
    gateway.sandboxUrl,
    encounters.map(({ PatientId }) => PatientId),
  )
const apiPort = () => Number(new URL(gateway.url).port)

test.for([
  ['as it is', ['--no-compress'], 150_000, 350_000],
  ['gzipped', [], 15_000, 35_000],
] as const)(
  'an upload (%s) that is cut twice in the middle comes to its end by itself',
  async ([name, option, early, late]) => {
    const encounters = freshEncounters(400)
    const file = cli.write(`${name}.ndjson`, linesOf(encounters))
    await using line = await openWeakLine(
      apiPort(),
      { afterBytes: early, how: 'cut' },
      { afterBytes: late, how: 'cut' },
    )
    const args = ['--watch', ...option]
    const { exitCode, out, err } = await cli.submit(file, args, { GATEWAY_URL: line.url })
    expect(
      err.match(/no answer from .*; (?:the gateway has \d+ items?; )?the upload restarts at line 1/g),
    ).toHaveLength(2)
    expect({ exitCode, out }).toMatchObject({ exitCode: 0, out: expect.stringContaining('400 accepted') as string })
    expect(await created(encounters)).toEqual(onceEach(encounters))
  },
)

test('Ctrl-C in the middle of an upload leaves a batch that --resume completes, each encounter once', async () => {
  const encounters = freshEncounters(400)
  const file = cli.write('interrupted.ndjson', linesOf(encounters))
  await using line = await openWeakLine(apiPort(), { afterBytes: 200_000, how: 'hold' })
  const running = cli.startSubmit(file, ['--watch', '--no-compress'], { GATEWAY_URL: line.url })
  await line.failed(1)
  running.child.kill('SIGINT')
  const { exitCode, err } = await running.ended
  expect(exitCode).toBe(130)
  expect(err).toMatch(
    /^interrupted; (?:batch [0-9a-z]{20} has \d+ items? so far|the gateway may have received a part); resume with: /,
  )
  const [, args = ''] = /resume with: encounter-gateway (.*)$/m.exec(err) ?? []
  expect(args).toContain('--resume')
  expect(args).not.toContain('--key')

  const refused = await cli.submit(file)
  expect(refused).toMatchObject({ exitCode: 73, err: expect.stringContaining('but not completely') as string })
  const resumed = await cli.run([...args.split(' '), '--watch'])
  expect({ exitCode: resumed.exitCode, out: resumed.out }).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('400 succeeded') as string,
  })
  expect(batchIdIn(refused.err)).toBe(batchIdIn(resumed.out))
  expect(await created(encounters)).toEqual(onceEach(encounters))
})

test('an upload made again on purpose and interrupted is gone on with under its own key', async () => {
  const encounters = freshEncounters(300)
  const file = cli.write('again.ndjson', linesOf(encounters))
  expect(await cli.submit(file, ['--watch'])).toMatchObject({ exitCode: 0 })
  await using line = await openWeakLine(apiPort(), { afterBytes: 100_000, how: 'hold' })
  const running = cli.startSubmit(file, ['--new', '--no-compress'], { GATEWAY_URL: line.url })
  await line.failed(1)
  running.child.kill('SIGTERM')
  const { exitCode, err } = await running.ended
  expect(exitCode).toBe(143)
  const [, args = ''] = /resume with: encounter-gateway (.*)$/m.exec(err) ?? []
  expect(args).toMatch(/--key file-[0-9a-f]{64}-[0-9a-f]{12}/)
  expect(await cli.run([...args.split(' '), '--watch'])).toMatchObject({ exitCode: 0 })
  expect(new Set((await created(encounters)).values())).toEqual(new Set([2]))
})

test('Ctrl-C while watching leaves the batch to the gateway, and says how to look again', async () => {
  const [good] = freshEncounters(1)
  const slow = { UserId: 'u', PatientId: 'SANDBOX-BUSY', Encounter: {} }
  const running = cli.startSubmit(cli.write('watched.ndjson', linesOf([good, slow])), ['--watch'])
  const { promise: uploaded, resolve } = Promise.withResolvers<void>()
  running.child.stdout.on('data', (chunk: Buffer) => chunk.includes('accepted') && resolve())
  await uploaded
  running.child.kill('SIGINT')
  const { exitCode, err, out } = await running.ended
  expect(exitCode).toBe(130)
  const batchId = batchIdIn(out)
  expect(err).toBe(
    `interrupted; batch ${batchId} continues; watch it with: encounter-gateway batch ${batchId} --watch\n`,
  )
  expect(await cli.run(['batch', batchId, '--watch'])).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining('2 succeeded') as string,
  })
})

test('the gateway may be started anew in the middle of an upload and of the watch', async () => {
  const encounters = freshEncounters(400)
  const file = cli.write('restart.ndjson', linesOf(encounters))
  await using line = await openWeakLine(apiPort(), { afterBytes: 200_000, how: 'hold' })
  const running = cli.startSubmit(file, ['--watch', '--no-compress'], { GATEWAY_URL: line.url })
  await line.failed(1)
  await gateway.api.kill('SIGKILL')
  await gateway.startApi()
  const { exitCode, out } = await running.ended
  expect({ exitCode, out }).toMatchObject({ exitCode: 0, out: expect.stringContaining('400 succeeded') as string })
  expect(await created(encounters)).toEqual(onceEach(encounters))
})
