import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readCredentials } from './credentials.ts'
import { exitCodes } from './exit-codes.ts'

const folder = mkdtempSync(join(tmpdir(), 'gateway-credentials-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(content: string, mode = 0o600): string {
  const path = join(folder, `${Math.random()}.json`)
  writeFileSync(path, content, { mode })
  return path
}

const inEnv = { GATEWAY_URL: 'http://a', GATEWAY_APPLICATION_NAME: 'demo', GATEWAY_APPLICATION_KEY: 'geheim' }

test('come from the environment, and from a file that wins over it', async () => {
  expect(await readCredentials(undefined, { ...inEnv, GATEWAY_LOGIN_ID: '' })).toEqual({
    Url: 'http://a',
    ApplicationName: 'demo',
    ApplicationKey: 'geheim',
  })
  const path = fileOf('{"ApplicationKey":"from the file","Password":"p"}')
  const merged = { Url: 'http://a', ApplicationName: 'demo', ApplicationKey: 'from the file', Password: 'p' }
  expect(await readCredentials(path, inEnv)).toEqual(merged)
  expect(await readCredentials(undefined, { ...inEnv, GATEWAY_CREDENTIALS: path })).toEqual(merged)
})

test.for([
  ['world-readable', '{"ApplicationKey":"geheim"}', 0o644, /can be read by every user/],
  ['no JSON', '{"ApplicationKey":"geheim"', 0o600, /is not a JSON object/],
  ['an unknown name', '{"Key":"geheim"}', 0o600, /may contain only Url, ApplicationName/],
  ['no texts', '{"Password":["geheim"]}', 0o600, /may contain only strings/],
  ['too little', '{"Url":"http://b"}', 0o600, /missing: GATEWAY_APPLICATION_NAME .*, GATEWAY_APPLICATION_KEY /],
] as const)('a file with %s is refused and not quoted', async ([, content, mode, expected]) => {
  const error: unknown = await readCredentials(fileOf(content, mode), {}).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ exitCode: exitCodes.configuration, message: expect.stringMatching(expected) as string })
  expect(String(error)).not.toContain('geheim')
})

test('a file that is not there is named', async () => {
  await expect(readCredentials(join(folder, 'none'), inEnv)).rejects.toThrow(/none does not exist/)
})
