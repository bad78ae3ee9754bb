import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { paced } from '../fixtures/pace.ts'
import { processesOf, processOf, spawnNpm } from '../launch/npm-start.ts'

const NEVER_MS = 600_000
/** Each look at what is left starts a `ps`. */
const PATIENCE = { timeout: paced(40_000), interval: 250 }

/** `npm test` of hanging.ts alone, once that has started its Redis and its worker. */
async function startHanging({ timeoutMs = NEVER_MS }: { timeoutMs?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'left-behind-test-'))
  const file = join(folder, 'pid')
  const run = spawnNpm(['test', '--', '--config', 'test/run/hanging.config.ts'], {
    HANGING_FILE: file,
    HANGING_TIMEOUT_MS: String(timeoutMs),
  })
  onTestFinished(() => {
    for (const line of processesOf(folder)) process.kill(Number.parseInt(line.trim(), 10), 'SIGKILL')
    rmSync(folder, { recursive: true })
  })
  let fork = 0
  await expect.poll(() => (fork = Number(read(file))), PATIENCE).toBeGreaterThan(0)
  return {
    npm: run.pid ?? 0,
    // looked for when they are needed: a run that takes too long may be over by now
    get run() {
      return processOf(folder, /^node test\/run\/run\.ts/)
    },
    get vitest() {
      return processOf(folder, /^\S+ \S+\/run-vitest\.ts/)
    },
    /** The process of the test file. */
    fork,
    left: () => processesOf(folder),
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

describe('a test run with a gateway in it leaves no process behind', () => {
  test.each(['npm', 'run', 'vitest', 'fork'] as const)('when a SIGKILL ends %s', async (victim) => {
    const started = await startHanging()
    expect(started.left().length).toBeGreaterThan(8)
    process.kill(started[victim], 'SIGKILL')
    await expect.poll(started.left, PATIENCE).toEqual([])
  })

  test('when Ctrl-C is pressed', async () => {
    const { npm, left } = await startHanging()
    process.kill(-npm, 'SIGINT')
    await expect.poll(left, PATIENCE).toEqual([])
  })

  test('when the test takes too long', async () => {
    const { left } = await startHanging({ timeoutMs: 1 })
    await expect.poll(left, PATIENCE).toEqual([])
  })
})
