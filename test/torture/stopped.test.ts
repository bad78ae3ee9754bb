import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { spawnNode } from '../fixtures/processes.ts'
import type { HistoryEvent } from './history.ts'
import { paced } from '../fixtures/pace.ts'

/** On a busy machine the start takes 20 s and more. Each look reads the whole history. */
const PATIENCE = { timeout: paced(110_000), interval: 250 }

test.each([
  ['SIGINT', 130],
  ['SIGKILL', null],
] as const)('a torture ended by %s in the middle leaves no process and no disk', async (signal, exitCode) => {
  const parent = mkdtempSync(join(tmpdir(), 'gateway-stopped-'))
  const folder = join(parent, 'run')
  const order = ['--encounters', '500', '--seed', '1', '--minutes', '0.9', '--out', folder]
  const torture = spawnNode('test/torture/torture.ts', process.env, order)
  // everything is on stage, and at work
  await expect.poll(() => readHistory(folder).some(({ what }) => what === 'reply'), PATIENCE).toBe(true)
  torture.child.kill(signal)
  await once(torture.child, 'exit')
  expect(torture.child.exitCode).toBe(exitCode)
  const pids = readHistory(folder).flatMap((event) => (event.what === 'process' && event.pid ? [event.pid] : []))
  expect(pids.length).toBeGreaterThanOrEqual(6)
  await expect.poll(() => [...pids, redisPid(folder)].filter(isAlive), PATIENCE).toEqual([])
  // fails while something is mounted in it
  await expect.poll(() => removes(parent), PATIENCE).toBe(true)
})

function readHistory(folder: string): HistoryEvent[] {
  const text = read(join(folder, 'history.ndjson'))
  const complete = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  return complete.filter((line) => line !== '').map((line) => JSON.parse(line) as HistoryEvent)
}

/** Of the last Redis, by its log. */
function redisPid(folder: string): number {
  const started = [...read(join(folder, 'redis.log')).matchAll(/^(\d+):M .*Ready to accept connections/gm)]
  return Number(started.at(-1)?.[1] ?? Number.NaN)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // an unknown process id does not prove that it is gone
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

function removes(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}
