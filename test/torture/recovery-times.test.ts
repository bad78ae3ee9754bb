import { expect, test } from 'vitest'
import type { HistoryEvent } from './history.ts'
import { recoveryTimes } from './recovery-times.ts'
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

test('Redis is measured from its return to the first job that is done, not to one that failed', () => {
  const events = [...fault(1, 'redis-kill', 1_000, 2_000), heard(2_500, 'a', 'unknown'), heard(3_200, 'b')]
  expect(measured(events, 'Redis')).toEqual({ all: [1_200], undisturbed: [1_200] })
})

test('what happened while something else was wrong is kept apart', () => {
  const events = [...fault(1, 'redis-kill', 1_000, 2_000), ...fault(2, 'emr-down', 1_500, 4_000), heard(9_000, 'b')]
  expect(measured(events, 'Redis')).toEqual({ all: [7_000], undisturbed: [] })
})

test('of the jobs active when a worker was killed, those count of which nothing came while a lock lasts', () => {
  const kill = fault(1, 'worker-kill', 1_000, 2_000, ['mine', 'of another'])
  expect(measured([...kill, heard(1_300, 'of another'), heard(13_000, 'mine')], 'worker')).toMatchObject({
    all: [12_000],
  })
})

test('the EMR is measured only where its absence opened the breaker', () => {
  const down = fault(1, 'emr-down', 1_000, 5_000)
  const opened: HistoryEvent = { ms: 2_000, what: 'log', process: 'worker-0', event: 'breaker.opened', openMs: 4_000 }
  expect(measured([...down, heard(7_000, 'a')], 'EMR')).toMatchObject({ all: [] })
  expect(measured([...down, opened, heard(7_000, 'a')], 'EMR')).toMatchObject({ all: [2_000] })
})
