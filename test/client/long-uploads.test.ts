import { createClient, type ClientOptions } from '@encounter-gateway/client/index.ts'
import { PassThrough } from 'node:stream'
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { openEncounterFile } from '../../api/client/cli/encounter-file.ts'
import type { Terminal } from '../../api/client/cli/terminal.ts'
import { uploadFile } from '../../api/client/cli/upload-file.ts'
import { linesOf, openCommandLine } from './command-line.ts'
import { openSlowGateway } from './slow-gateway.ts'

const encounters = ['a', 'b', 'c', 'd'].map((PatientId) => ({ UserId: 'u', PatientId, Encounter: {} }))
const clientOf = (baseUrl: string, more: Partial<ClientOptions> = {}) =>
  createClient({ baseUrl, applicationName: 'demo', applicationKey: 'the key of demo', ...more })

/** Half a second in place of Node's 300 for the time to the first byte of an answer to `fetch`. */
function shortenNodesPatience(): void {
  const usual = getGlobalDispatcher()
  const hasty = new Agent({ headersTimeout: 500 })
  setGlobalDispatcher(hasty)
  onTestFinished(async () => {
    setGlobalDispatcher(usual)
    await hasty.close()
  })
}

test('an upload is waited for beyond the time that Node gives an answer, as long as the gateway gets on with it', async () => {
  shortenNodesPatience()
  await using gateway = await openSlowGateway(4, (look) => look)
  // two seconds without anything new would be a stall
  const client = clientOf(gateway.url, { timeoutMs: 500, patienceMs: 0 })
  expect(await client.uploadBatch('Sandbox', encounters)).toMatchObject({ Items: 4 })
  expect(gateway.uploads()).toBe(1)
})

test('an upload that a gateway no longer gets on with is given up', async () => {
  await using gateway = await openSlowGateway(4, () => 1)
  const client = clientOf(gateway.url, { timeoutMs: 300, patienceMs: 0 })
  await expect(client.uploadBatch('Sandbox', encounters)).rejects.toMatchObject({
    message: expect.stringContaining('ETIMEDOUT') as string,
    batch: { Items: 1 },
  })
})

test('the bar shows what the gateway has, not what has been read of the file', async () => {
  using folder = openCommandLine({ url: '', emrInstance: '' })
  const path = `${folder.folder}/${folder.write('four.ndjson', linesOf(encounters))}`
  await using gateway = await openSlowGateway(4, (look) => Math.min(look, 2) + (look > 2 ? 2 : 0))
  const [out, err] = [new PassThrough(), new PassThrough()].map((stream) =>
    Object.assign(stream, { isTTY: true, columns: 120 }),
  ) as unknown as [NodeJS.WriteStream & PassThrough, NodeJS.WriteStream]
  const terminal: Terminal = { out, err, env: {}, json: false, remark: () => undefined }
  const { signal } = new AbortController()
  const file = await openEncounterFile(path, { format: 'ndjson', signal })
  const shown: string[] = []
  out.on('data', (chunk: Buffer) => shown.push(chunk.toString()))
  const about = { idempotencyKey: 'key', compress: true, terminal, signal }
  const uploaded = uploadFile(clientOf(gateway.url), 'Sandbox', file, about)
  await gateway.answered
  const before = shown.join('')
  await uploaded
  expect(before).toContain('25%')
  expect(before).toContain('50% 2 of 4')
  expect(before).not.toContain('100%')
  expect(shown.join('')).toContain('100% 4 of 4')
})
