import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const logger = new URL('./logger.ts', import.meta.url).href

/** Runs a script that has a `log`, without a terminal. */
function run(script: string) {
  const text = `import { createLogger } from '${logger}'\nconst log = createLogger('test', 'info')\n${script}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'pipe'],
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

test('lines that come while others are being written are not left until the next one', async () => {
  const { child, lines } = run(`
    log.info('x'.repeat(1024 * 1024))
    await new Promise((resolve) => setTimeout(resolve, 50))
    log.info('the last one')
    await new Promise((resolve) => setTimeout(resolve, 50))
    process.stderr.write('logged')
    setInterval(() => undefined, 1_000)`)
  // nobody reads the first line until the second has been logged
  child.stdout.pause()
  await once(child.stderr, 'data')
  child.stdout.resume()
  await expect.poll(() => lines().at(-1), { timeout: 10_000 }).toBe('the last one')
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
