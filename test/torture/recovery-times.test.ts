import { expect, test } from 'vitest'
import type { HistoryEvent } from './history.ts'
import { describeRecovery, heldGoal, recoveryTimes } from './recovery-times.ts'
import type { NemesisKind } from './schedule.ts'

const fault = (n: number, kind: NemesisKind, from: number, to: number, jobs?: string[]): HistoryEvent[] => [
  { ms: from, what: 'nemesis', n, kind, phase: 'begin', target: 'one', ...(jobs && { jobs }) },
  { ms: to, what: 'nemesis', n, kind, phase: 'end', target: 'one' },
]
const heard = (ms: number, job: string, outcome = 'created'): HistoryEvent => {
  return { ms, what: 'log', process: 'worker-0', event: 'encounter.attempted', job, outcome }
}
const measured = (events: HistoryEvent[], what: string) => {
  const { all, undisturbed } = recoveryTimes(events).find((recovery) => recovery.what.startsWith(what)) ?? {}
  return { all, undisturbed }
}

test('Redis is measured from its return to the first successful job, not to a failed one', () => {
  const events = [...fault(1, 'redis-kill', 1_000, 2_000), heard(2_500, 'a', 'unknown'), heard(3_200, 'b')]
  expect(measured(events, 'Redis')).toEqual({ all: [1_200], undisturbed: [1_200] })
})

test('recoveries during another fault are counted separately', () => {
  const events = [...fault(1, 'redis-kill', 1_000, 2_000), ...fault(2, 'emr-down', 1_500, 4_000), heard(9_000, 'b')]
  expect(measured(events, 'Redis')).toEqual({ all: [7_000], undisturbed: [] })
})

test('of the jobs active when a worker was killed, those without an event while a lock lasts count', () => {
  const kill = fault(1, 'worker-kill', 1_000, 2_000, ['mine', 'of another'])
  expect(measured([...kill, heard(1_300, 'of another'), heard(13_000, 'mine')], 'worker')).toMatchObject({
    all: [12_000],
  })
})

test('the EMR is measured only if its absence opened the breaker', () => {
  const down = fault(1, 'emr-down', 1_000, 5_000)
  const opened: HistoryEvent = { ms: 2_000, what: 'log', process: 'worker-0', event: 'breaker.opened', openMs: 4_000 }
  expect(measured([...down, heard(7_000, 'a')], 'EMR')).toMatchObject({ all: [] })
  expect(measured([...down, opened, heard(7_000, 'a')], 'EMR')).toMatchObject({ all: [2_000] })
})

test('Redis back with no worker there, or with an open breaker, is a recovery with another fault at work', () => {
  const [kill, done] = [fault(1, 'redis-kill', 1_000, 2_000), heard(9_000, 'b')]
  const opened: HistoryEvent = { ms: 1_500, what: 'log', process: 'worker-0', event: 'breaker.opened', openMs: 4_000 }
  expect(measured([...kill, ...fault(2, 'worker-kill-all', 2_500, 8_000), done], 'Redis')).toMatchObject({
    undisturbed: [],
  })
  expect(measured([...kill, opened, done], 'Redis')).toMatchObject({ undisturbed: [] })
  expect(measured([...kill, ...fault(2, 'api-kill', 2_500, 8_000), done], 'Redis')).toEqual({
    all: [7_000],
    undisturbed: [7_000],
  })
})

test('a goal is judged by the longest undisturbed recovery, and undecided without one', () => {
  const recovery = { what: 'Redis back', goalMs: 3_000, all: [100, 200, 9_000], undisturbed: [100, 200] }
  expect(heldGoal(recovery)).toBe(true)
  expect(describeRecovery(recovery)).toBe(
    'Redis back (goal: within 3.0 s): held, median 0.2 s, max 0.2 s of 2 undisturbed; all 3: median 0.2 s, max 9.0 s',
  )
  expect(describeRecovery({ ...recovery, undisturbed: [100, 3_001] })).toContain('NOT HELD')
  expect(heldGoal({ ...recovery, undisturbed: [] })).toBeUndefined()
  expect(describeRecovery({ ...recovery, undisturbed: [] })).toContain('never without another fault')
})
