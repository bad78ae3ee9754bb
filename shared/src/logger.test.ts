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
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk))
  return {
    child,
    output: () => output,
    errors: () => errors,
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

test('the text of an error is withheld however it is logged', async () => {
  const { child, output } = run(`
    const error = Object.assign(new Error('Unexpected token Z in "Zoë, MRN 4711"'), { input: 'Zoë' })
    log.error(error)
    log.error({ err: error })
    log.error({ cause: error, job: 'j1' }, 'a line')
    log.error('%s and %o', error, error)
    log.error({ job: 'j2' }, error)
    log.child({ module: 'm' }).error(error)
    log.error(error, 'with a text')`)
  await once(child, 'close')
  expect(output()).not.toMatch(/Zoë|4711|Unexpected/)
  const lines = output().trim().split('\n')
  expect(lines).toHaveLength(7)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: '(withheld)', err: { type: 'Error', message: '(withheld)' } })
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({ job: 'j1', msg: 'a line' })
  expect(JSON.parse(lines[6] ?? '')).toMatchObject({ msg: 'with a text' })
})

test.each([
  ['an exception', `setImmediate(() => { throw new Error('Zoë, MRN 4711') })`],
  ['a rejection', `void Promise.reject(new Error('Zoë, MRN 4711'))`],
])('%s that nothing handles is logged without its text and ends the process', async (_what, script) => {
  const { child, output, errors } = run(`
    const { endOnFault } = await import('${new URL('./start-up.ts', import.meta.url).href}')
    endOnFault(log, 'test.crashed')
    ${script}
    setInterval(() => undefined, 1_000)`)
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(1)
  expect(JSON.parse(output())).toMatchObject({ msg: 'test.crashed', err: { message: '(withheld)' } })
  expect(output() + errors()).not.toMatch(/Zoë|4711/)
})
