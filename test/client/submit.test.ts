import type { Batch, BatchItem, Job } from '@encounter-gateway/client/index.ts'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProcesses, type Processes } from '../fixtures/processes.ts'
import { batchIdIn, createdOf, freshEncounters, linesOf, openCommandLine, type CommandLine } from './command-line.ts'

// a database of the client's tests without webhooks: the queue of deliveries has one name for all
const redisUrl = `${process.env['REDIS_URL'] ?? ''}/5`
const CONCURRENCY = 50
let gateway: Processes
let cli: CommandLine

beforeAll(async () => {
  gateway = await startProcesses({ redisUrl, settings: { requestsPerSecond: 5_000, concurrency: CONCURRENCY } })
  cli = openCommandLine(gateway)
})
afterAll(async () => {
  cli?.[Symbol.dispose]()
  await gateway?.[Symbol.asyncDispose]()
})

const patientsOf = (encounters: { PatientId: string }[]) => encounters.map(({ PatientId }) => PatientId)
const onceEach = (encounters: { PatientId: string }[]) => new Map(patientsOf(encounters).map((patient) => [patient, 1]))

test('a file is submitted and watched to its end in plain lines, and each encounter is there once', async () => {
  const encounters = freshEncounters(60)
  const file = cli.write('whole.ndjson', linesOf(encounters))
  const { exitCode, out, err } = await cli.submit(file, ['--watch'])
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  expect(out).toMatch(/^Upload 100% 60 of 60$/m)
  expect(out).toMatch(/^batch [0-9a-z]{20}: 60 accepted, 0 rejected$/m)
  expect(out).toMatch(/^Work 100% 60 of 60.*, 60 succeeded$/m)
  expect(out).not.toMatch(/[^\P{Cc}\n]/u)
  expect(await createdOf(gateway.sandboxUrl, patientsOf(encounters))).toEqual(onceEach(encounters))
})

test('the same file by another name is the same batch: refused, gone on with, or made again, as one says', async () => {
  const encounters = freshEncounters(5)
  const [first, second] = ['a.ndjson', 'b.ndjson'].map((name) => cli.write(name, linesOf(encounters)))
  const submitted = await cli.submit(first ?? '', ['--watch'])
  const again = await cli.submit(second ?? '')
  expect(again.exitCode).toBe(73)
  expect(again.err).toContain(batchIdIn(submitted.out))
  const resumed = await cli.submit(second ?? '', ['--resume', '--watch'])
  expect(resumed.exitCode).toBe(0)
  expect(batchIdIn(resumed.out)).toBe(batchIdIn(submitted.out))
  expect(await createdOf(gateway.sandboxUrl, patientsOf(encounters))).toEqual(onceEach(encounters))
  const renewed = await cli.submit(second ?? '', ['--new', '--watch'])
  expect(renewed.exitCode).toBe(0)
  expect(batchIdIn(renewed.out)).not.toBe(batchIdIn(submitted.out))
  const counts = await createdOf(gateway.sandboxUrl, patientsOf(encounters))
  expect([...counts.values()]).toEqual([2, 2, 2, 2, 2])
})

test('lines that are not valid are told by their number, and the others are created', async () => {
  const [good, other] = freshEncounters(2)
  const lines = [JSON.stringify(good), '', '{"UserId":"u"}', JSON.stringify(other), '{"Jane Doe']
  const file = cli.write('some.ndjson', lines.join('\r\n'))
  const { exitCode, out } = await cli.submit(file, ['--watch'])
  expect(exitCode).toBe(1)
  expect(out).toContain('line 3: /PatientId is required')
  expect(out).toMatch(/line 5: The item is not valid JSON/)
  expect(out).toMatch(/Finished: 4 items, 2 succeeded, 2 rejected/)
  const rejected = await cli.run(['results', batchIdIn(out), '--status', 'rejected'])
  const items = rejected.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as BatchItem)
  expect(items.map(({ ItemIndex, Line, Status }) => ({ ItemIndex, Line, Status }))).toEqual([
    { ItemIndex: 1, Line: 3, Status: 'Rejected' },
    { ItemIndex: 3, Line: 5, Status: 'Rejected' },
  ])
})

test('--check sends nothing of a file that has a mistake in it', async () => {
  const [good] = freshEncounters(1)
  const file = cli.write('checked.ndjson', `${JSON.stringify(good)}\n{"UserId":"u"}\n`)
  const { exitCode, err } = await cli.submit(file, ['--check'])
  expect(exitCode).toBe(1)
  expect(err).toContain('checked.ndjson:2: /PatientId is required')
  expect((await createdOf(gateway.sandboxUrl, patientsOf(good ? [good] : []))).get(good?.PatientId ?? '')).toBe(0)
  expect((await cli.submit(file)).exitCode).not.toBe(73)
})

test('a byte order mark, Windows line ends and no line end at the end are all the same', async () => {
  const encounters = freshEncounters(3)
  const text = encounters.map((each) => JSON.stringify(each)).join('\r\n')
  const { exitCode, out } = await cli.submit(cli.write('windows.ndjson', `\uFEFF${text}`), ['--watch'])
  expect({ exitCode, out }).toMatchObject({ exitCode: 0, out: expect.stringContaining('3 succeeded') as string })
})

test('a CSV file of field paths makes the same encounters, and mistakes name the row', async () => {
  const [patient = ''] = patientsOf(freshEncounters(1))
  const rows = [
    'PatientId;UserId;Encounter.PatientClassId;Encounter/Insurances/0/CompanyName;Encounter.ReasonForVisit',
    `${patient};007;I;"Aetna; Inc.";"chest\npain"`,
    ';;;;',
    `${patient}-2;007;O;;`,
    `${patient}-3;;O;;`,
  ]
  const { exitCode, out } = await cli.submit(cli.write('table.csv', `\uFEFF${rows.join('\r\n')}\r\n`), ['--watch'])
  expect(exitCode).toBe(1)
  expect(out).toContain('row 5: /UserId is required')
  expect(out).toContain('2 accepted, 1 rejected')
  const results = (await cli.run(['results', batchIdIn(out)])).out.trimEnd().split('\n')
  const [first] = results.map((line) => JSON.parse(line) as BatchItem)
  const kept = (await (await fetch(`${gateway.sandboxUrl}/encounters/${first?.EncounterId}`)).json()) as {
    Content: unknown
  }
  expect(kept.Content).toMatchObject({
    PatientId: patient,
    UserId: '007',
    Encounter: { PatientClassId: 'I', Insurances: [{ CompanyName: 'Aetna; Inc.' }], ReasonForVisit: 'chest\npain' },
  })
})

test('with --json a program gets one document, and the counts in it', async () => {
  const file = cli.write('json.ndjson', linesOf(freshEncounters(3)))
  const { exitCode, out, err } = await cli.submit(file, ['--watch', '--json'])
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  expect(out.trimEnd().split('\n')).toHaveLength(1)
  expect(JSON.parse(out)).toMatchObject({ Status: 'Finished', Items: 3, Succeeded: 3 })
  const again = await cli.submit(file, ['--json'])
  expect(again.out).toBe('')
  expect(JSON.parse(again.err)).toMatchObject({ ExitCode: 73, Message: expect.stringContaining('before') as string })
})

test('what failed can be seen, tried again and cancelled', async () => {
  const [good] = freshEncounters(1)
  const request = (PatientId: string) => ({ UserId: 'u', PatientId, Encounter: {} })
  const lines = linesOf([good, request('SANDBOX-400'), request('SANDBOX-502')])
  const { exitCode, out } = await cli.submit(cli.write('fails.ndjson', lines), ['--watch'])
  expect(exitCode).toBe(1)
  const batchId = batchIdIn(out)
  expect(out).toContain(`encounter-gateway results ${batchId} --status Failed`)

  const written = await cli.run(['results', batchId, '-o', 'results.ndjson'])
  expect(written).toMatchObject({ exitCode: 0, out: '3 results in results.ndjson\n' })
  const path = join(cli.folder, 'results.ndjson')
  expect(statSync(path).mode & 0o077).toBe(0)
  const items = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as BatchItem)
  expect(items.map(({ ItemIndex, Status, StatusCode }) => [ItemIndex, Status, StatusCode])).toEqual([
    [0, 'Succeeded', 201],
    [1, 'Failed', 400],
    [2, 'Failed', 502],
  ])

  expect(await cli.json(['retry', batchId, '--dry-run'])).toEqual({ Matching: 2, Retried: 0, Erased: 0 })
  const retried = await cli.run(['retry', batchId, '--watch'])
  expect(retried).toMatchObject({ exitCode: 1, out: expect.stringContaining('2 retried') as string })
  const jobId = items[1]?.JobId ?? ''
  expect(await cli.json<Job>(['job', jobId])).toMatchObject({ Status: 'Failed', StatusCode: 400 })
  expect(await cli.run(['retry', '--job', jobId])).toMatchObject({ exitCode: 0 })
  expect(await cli.run(['job', jobId, '--wait', '20'])).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining('/PatientId') as string,
  })
  expect(await cli.json<Batch>(['batch', batchId])).toMatchObject({ Status: 'Finished', Succeeded: 1, Failed: 2 })
  expect(await cli.run(['cancel', batchId])).toMatchObject({ exitCode: 76 })
  expect(await cli.run(['job', items[0]?.JobId ?? ''])).toMatchObject({ exitCode: 0 })
})

test('the lines of what failed come back as they were, and are sent again once under a key of their own', async () => {
  const [good, other] = freshEncounters(2)
  const refused = JSON.stringify({ UserId: 'u', PatientId: 'SANDBOX-400', Encounter: {} })
  const lines = [JSON.stringify(good), '', ` ${refused}`, '{"UserId":"u"}', JSON.stringify(other)]
  const file = cli.write('parts.ndjson', `${lines.join('\n')}\n`)
  const submitted = await cli.submit(file, ['--watch'])
  expect(submitted.out).toContain('1 Failed (400):')
  expect(submitted.out).toContain('1 Rejected (400): /PatientId is required; /Encounter is required; line 4')
  const batchId = batchIdIn(submitted.out)
  expect(await cli.json(['batch', batchId])).toMatchObject({
    Reasons: [
      { Status: 'Failed', Count: 1, ItemIndexes: [1] },
      { Status: 'Rejected', Lines: [4] },
    ],
  })
  const { exitCode, out } = await cli.run(['results', batchId, '--failed-lines', file, '-o', 'again.ndjson'])
  expect(exitCode).toBe(0)
  expect(readFileSync(join(cli.folder, 'again.ndjson'), 'utf8')).toBe(` ${refused}\n{"UserId":"u"}\n`)
  const [, command = ''] = /submit with: encounter-gateway (.*)$/m.exec(out) ?? []
  const again = await cli.run(command.split(' '))
  expect(again.out).toContain('1 accepted, 1 rejected')
  expect(batchIdIn((await cli.run(command.split(' '))).out)).toBe(batchIdIn(again.out))
  const wrong = await cli.run(['results', batchId, '--failed-lines', 'again.ndjson'])
  expect(wrong).toMatchObject({
    exitCode: 65,
    err: expect.stringContaining('it has 2 encounters, the batch 4') as string,
  })

  expect(await cli.run(['results', batchId, '--report', 'batch.html'])).toMatchObject({ exitCode: 0 })
  const page = readFileSync(join(cli.folder, 'batch.html'), 'utf8')
  expect(page).toContain('/PatientId is required')
  expect(page).not.toContain('SBX-')
}, 60_000)

test('the rows of a table that failed come back under its header, and are counted as a spreadsheet does', async () => {
  const [patient = ''] = patientsOf(freshEncounters(1))
  const rows = [
    'sep=;',
    'PatientId;UserId;Encounter.ReasonForVisit',
    `${patient};u;"a\nb"`,
    'SANDBOX-400;u;"c; ""d""\ne"',
    ';u;f',
  ]
  const file = cli.write('parts.csv', `${rows.join('\r\n')}\r\n`)
  const submitted = await cli.submit(file, ['--watch'])
  expect(submitted.out).toContain('row 4: /PatientId is required')
  expect(submitted.out).toContain('line 4')
  const back = await cli.run(['results', batchIdIn(submitted.out), '--failed-lines', file])
  expect(back.out).toBe(`${[rows[1], rows[3], rows[4]].join('\r\n')}\r\n`)
}, 60_000)

test('what waits can be cancelled, as one job and as a batch, and the EMR has none of what was', async () => {
  await gateway.worker.kill('SIGTERM')
  const encounters = freshEncounters(300)
  const single = await cli.submit(cli.write('one.ndjson', linesOf(encounters.slice(0, 1))))
  const { out: items } = await cli.run(['results', batchIdIn(single.out)])
  const { JobId = '' } = JSON.parse(items) as BatchItem
  expect(await cli.run(['cancel', '--job', JobId])).toMatchObject({ exitCode: 0, out: `job ${JobId} Cancelled\n` })
  const many = await cli.submit(cli.write('many.ndjson', linesOf(encounters.slice(1))))
  const batchId = batchIdIn(many.out)
  expect(await cli.run(['cancel', batchId])).toMatchObject({ exitCode: 0 })
  await gateway.startWorker()
  expect(await cli.run(['batch', batchId, '--watch'])).toMatchObject({ exitCode: 1 })
  const { Succeeded, Cancelled, Items } = await cli.json<Batch>(['batch', batchId])
  expect(Succeeded + Cancelled).toBe(Items)
  // those whose turn had come when the worker went may have been sent
  expect(Cancelled).toBeGreaterThanOrEqual(Items - 2 * CONCURRENCY)
  const counts = await createdOf(gateway.sandboxUrl, patientsOf(encounters))
  expect(counts.get(encounters[0]?.PatientId ?? '')).toBe(0)
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(Succeeded)
})

test('nothing that was written holds a credential or a patient', () => {
  const said = cli.said()
  expect(said.length).toBeGreaterThan(1000)
  expect(said).not.toMatch(/the-key-of-demo|doctor-login|doctor-password|MRN-|Jane Doe/)
})
