import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const logger = new URL('../shared/src/logger.ts', import.meta.url).href

/** Runs a script that has a `log`, without a terminal. */
function run(script: string) {
  const text = `import { createLogger } from '${logger}'\nconst log = createLogger('test', 'info')\n${script}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  return {
    child,
    lines: () =>
      output
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
  }
}

test('lines are written while the process lives, those too that come while others are being written', async () => {
  const { child, lines } = run(`
    for (let turn = 0; turn < 20; turn++) {
      log.info('line ' + turn)
      await new Promise((resolve) => setImmediate(resolve))
    }
    setInterval(() => undefined, 1_000)`)
  await expect.poll(lines, { timeout: 10_000 }).toEqual(Array.from({ length: 20 }, (_, turn) => `line ${turn}`))
  child.kill('SIGKILL')
})

test.each([
  ['ends by itself', ''],
  ['exits', 'process.exit(3)'],
  ['fails', 'throw new Error("as it should")'],
])('all lines are there when the process %s', async (_how, ending) => {
  const { child, lines } = run(`for (let i = 0; i < 500; i++) log.info('line ' + i)\n${ending}`)
  await once(child, 'close')
  expect(lines()).toEqual(Array.from({ length: 500 }, (_, i) => `line ${i}`))
})
