import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { abortScript, watched } from './abort-script.ts'
import { openCommandLine } from './command-line.ts'
import { openScriptedGateway } from './scripted-gateway.ts'

const run = promisify(execFile)
const source = new URL('../../api/client/src/index.ts', import.meta.url).href

test('an abort ends every call also after a garbage collection', async () => {
  await using gateway = await openScriptedGateway(...abortScript.answers)
  const { stdout } = await run(process.execPath, ['--expose-gc', abortScript.path, source, gateway.url])
  expect(stdout).toBe(abortScript.aborted)
})

test('Ctrl-C ends a watch also after a garbage collection', async () => {
  await using gateway = await openScriptedGateway(watched)
  using cli = openCommandLine({ url: gateway.url, emrInstance: 'default' })
  // seen from outside: ten collections while the answer is being read
  const collecting =
    'let times = 0; const timer = setInterval(() => { gc(); if (++times === 50) { clearInterval(timer); console.error("collected") } }, 20)'
  const NODE_OPTIONS = `--expose-gc --import=data:text/javascript,${encodeURIComponent(collecting)}`
  const { child, ended } = cli.start(['batch', 'q3f0h2k7m9x1c8v5b6n4', '--watch'], { NODE_OPTIONS })
  await once(child.stderr, 'data')
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ exitCode: 130 })
})
