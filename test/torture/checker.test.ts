import { describe, expect, test } from 'vitest'
import { check } from './checker.ts'
import type { Happening, HistoryEvent } from './history.ts'

/** A run in which one job succeeded. */
const well: Happening[] = [
  { what: 'submit', key: 'k1', api: 0, try: 1 },
  { what: 'reply', key: 'k1', api: 0, try: 1, status: 202, jobId: 'j1' },
  {
    what: 'log',
    process: 'worker-0',
    event: 'encounter.attempted',
    job: 'j1',
    attempt: 1,
    outcome: 'created',
    took: 5,
  },
  { what: 'webhook', id: 'w1', jobId: 'j1', type: 'encounter.created', statusCode: 201, verified: true, answered: 204 },
  { what: 'creation', jobId: 'j1', encounterId: 'E1', createdAt: '' },
  { what: 'job', jobId: 'j1', http: 200, status: 'Succeeded', statusCode: 201, encounterId: 'E1' },
]

/** The history 1,000 ms apart, with some of it replaced by `what` and jobs, and more of it at the end. */
function history(replaced: Happening[] = [], more: Happening[] = []): HistoryEvent[] {
  const kinds = new Set(replaced.map(({ what }) => what))
  return [...well.filter(({ what }) => !kinds.has(what)), ...replaced, ...more].map((event, n) => ({
    ms: n * 1_000,
    ...event,
  }))
}

function broken(events: HistoryEvent[]): string[] {
  return check(events).map(({ invariant }) => invariant)
}

const webhook = (more: Partial<Extract<Happening, { what: 'webhook' }>>): Happening => {
  const usual = { id: 'w1', jobId: 'j1', type: 'encounter.created', statusCode: 201, verified: true, answered: 204 }
  return { what: 'webhook', ...usual, ...more }
}
const job = (more: Partial<Extract<Happening, { what: 'job' }>>): Happening => {
  return { what: 'job', jobId: 'j1', http: 200, status: 'Succeeded', statusCode: 201, encounterId: 'E1', ...more }
}
const reply = (more: Partial<Extract<Happening, { what: 'reply' }>>): Happening => {
  return { what: 'reply', key: 'k1', api: 0, try: 2, status: 202, jobId: 'j1', ...more }
}
const failedWebhook = webhook({ type: 'encounter.failed', statusCode: 502 })
const without = (what: string) => history().filter((event) => event.what !== what)

test('a successful run breaks nothing, also with retries, a refused webhook and a repeated webhook', () => {
  expect(check(history())).toEqual([])
  const more = [
    reply({ try: 2 }),
    { what: 'reply', key: 'k1', api: 1, try: 3, status: 503 } as const,
    webhook({ answered: 503 }),
    webhook({}),
  ]
  expect(check(history([], more))).toEqual([])
})

test('a failed job, with nothing in the EMR and a webhook that reports it, breaks nothing', () => {
  const events = history([job({ status: 'Failed', statusCode: 502 }), failedWebhook]).filter(
    ({ what }) => what !== 'creation',
  )
  expect(check(events)).toEqual([])
})

test.for<[string, HistoryEvent[]]>([
  ['accepted means durable', history([job({ http: 404, status: 'none' })])],
  ['accepted means durable', without('job')],
  ['one terminal state', history([job({ status: 'Retrying' })])],
  ['at most one encounter', history([], [{ what: 'creation', jobId: 'j1', encounterId: 'E2', createdAt: '' }])],
  ['succeeded means created', without('creation')],
  ['succeeded names the encounter', history([job({ encounterId: 'E9' })])],
  ['ended otherwise means not created', history([job({ status: 'Failed', statusCode: 502 }), failedWebhook])],
  [
    'in doubt only if set aside',
    history([job({ status: 'OutcomeUnknown' }), webhook({ type: 'encounter.outcome_unknown' })]),
  ],
  ['told by webhook', without('webhook')],
  ['told by webhook', history([webhook({ answered: 503 })])],
  ['told by webhook', history([], [webhook({ verified: false })])],
  ['told by webhook', history([], [webhook({ id: 'w2' })])],
  ['told by webhook', history([], [webhook({ type: 'encounter.failed' })])],
  ['204 means cancelled', history([], [{ what: 'cancel', jobId: 'j1', api: 0, status: 204 }])],
  ['no encounter without a job', history([], [{ what: 'creation', jobId: 'j9', encounterId: 'E9', createdAt: '' }])],
  ['no reply but 202, 429, 503', history([], [reply({ status: 500 })])],
  ['no reply but 202, 429, 503', history([], [reply({ status: 422 })])],
  ['accepted in the end', history([], [{ what: 'submit', key: 'k9', api: 0, try: 1 }])],
  [
    'no process ends by itself',
    history([], [{ what: 'process', name: 'api-0', state: 'ended', expected: false, note: 'exit code 1' }]),
  ],
])('breaks: %s', ([invariant, events]) => {
  expect(broken(events)).toEqual([invariant])
})

test('a key with two jobs is reported, however they ended', () => {
  const second = [reply({ jobId: 'j2' }), job({ jobId: 'j2', encounterId: 'E2' })]
  const rest: Happening[] = [
    { what: 'creation', jobId: 'j2', encounterId: 'E2', createdAt: '' },
    webhook({ jobId: 'j2', id: 'w2' }),
  ]
  expect(broken(history([], [...second, ...rest]))).toEqual(['one job for a key'])
})

test('a job with two keys is reported', () => {
  const second: Happening[] = [{ what: 'submit', key: 'k2', api: 0, try: 1 }, reply({ key: 'k2' })]
  expect(broken(history([], second))).toEqual(['one key for a job'])
})

test('a job in doubt that a worker set aside breaks nothing', () => {
  const aside: Happening = { what: 'log', process: 'worker-1', event: 'job.setAside', job: 'j1' }
  const told = webhook({ type: 'encounter.outcome_unknown' })
  expect(check(history([job({ status: 'OutcomeUnknown' }), told], [aside]))).toEqual([])
})

describe('a job of an EMR that was away for longer than the deadline', () => {
  const mayExpire = reply({ try: 1, mayExpire: true })
  const ended = (status: string, type: string) => [mayExpire, job({ status }), webhook({ type })]
  const nothingMade = (events: HistoryEvent[]) => events.filter(({ what }) => what !== 'creation')

  test('may expire if it was never sent, and may be in doubt', () => {
    expect(check(nothingMade(history(ended('Expired', 'encounter.expired'))))).toEqual([])
    expect(check(history(ended('OutcomeUnknown', 'encounter.outcome_unknown')))).toEqual([])
  })

  test('may neither expire once it is in the EMR nor fail', () => {
    expect(broken(history(ended('Expired', 'encounter.expired')))).toEqual(['ended otherwise means not created'])
    expect(broken(nothingMade(history(ended('Failed', 'encounter.failed'))))).toEqual(['no attempt is burnt'])
  })
})

test('a job of any other EMR may not expire', () => {
  const events = history([job({ status: 'Expired' }), webhook({ type: 'encounter.expired' })])
  expect(broken(events.filter(({ what }) => what !== 'creation'))).toEqual(['none expires'])
})

test('a worker that is told to end exits with 0, unless Redis was away', () => {
  const stop = (how: string): Happening => ({ what: 'stop', name: 'worker-1', how, fromMs: 6_000 })
  expect(broken(history([], [stop('exit code 0')]))).toEqual([])
  expect(broken(history([], [stop('exit code 1')]))).toEqual(['a stopped worker exits 0'])
  expect(broken(history([], [stop('SIGKILL')]))).toEqual(['a stopped worker exits 0'])
  const away: Happening = { what: 'nemesis', n: 1, kind: 'redis-kill', phase: 'begin', target: 'redis' }
  expect(check(history([], [away, stop('exit code 1')]))).toEqual([])
})

describe('an attempt while the breaker is open', () => {
  const opened = { ms: 10_000, what: 'log', process: 'worker-0', event: 'breaker.opened', openMs: 10_000 } as const
  const attempted = (ms: number, process = 'worker-1') =>
    ({ ms, what: 'log', process, event: 'encounter.attempted', job: 'j1', attempt: 1, took: 100 }) as const
  const held = ['no attempt while the breaker is open']

  test('is reported for whichever worker it was', () => {
    expect(broken([...history(), opened, attempted(15_000)])).toEqual(held)
    expect(broken([...history(), opened, attempted(15_000, 'worker-0')])).toEqual(held)
  })

  test('is none of a connection whose breaker is another', () => {
    const other = { ...attempted(15_000), connection: 'Sandbox.outage' }
    expect(broken([...history(), opened, other])).toEqual([])
  })

  test('is none right after it opened, once it has closed, or when its time is up', () => {
    const closed = { ms: 14_000, what: 'log', process: 'worker-2', event: 'breaker.closed' } as const
    expect(broken([...history(), opened, attempted(10_500)])).toEqual([])
    expect(broken([...history(), opened, closed, attempted(15_000)])).toEqual([])
    expect(broken([...history(), opened, attempted(21_000)])).toEqual([])
  })

  test('is undecided while Redis was bad, and for a worker that was paused', () => {
    const fault = (kind: 'redis-kill' | 'worker-pause', target: string): HistoryEvent[] => [
      { ms: 9_500, what: 'nemesis', n: 1, kind, phase: 'begin', target },
      { ms: 12_000, what: 'nemesis', n: 1, kind, phase: 'end', target },
    ]
    expect(broken([...history(), ...fault('redis-kill', 'redis'), opened, attempted(15_000)])).toEqual([])
    expect(broken([...history(), ...fault('worker-pause', 'worker-1'), opened, attempted(15_000)])).toEqual([])
    expect(broken([...history(), ...fault('worker-pause', 'worker-2'), opened, attempted(15_000)])).toEqual(held)
  })
})
