import type { lanes } from './schedule.ts'

/** Its normal behaviour: as slow as an EMR is, so that there are always jobs under way to be hit. */
const usual = { latencyMs: 60, latencyJitterMs: 200 }

/** The nemesis' settings of the Sandbox EMR by `PUT /control` (docs/emr/sandbox.md). */
type Mood = Record<string, unknown>

/**
 * Each lasting fault of the EMR. A creation may take no longer than the connection's time-out and settle time together,
 * 6 s; the answers to finds must be such that the gateway asks again, or a job would rightly end in doubt.
 */
export const emrMoods = {
  'emr-slow': { latencyMs: 300, latencyJitterMs: 1_500 },
  'emr-408': { faultRate: { '408': 0.6 } },
  'emr-502': { faultRate: { '502': 0.4, '503': 0.2 } },
  'emr-429': { faultRate: { '429': 0.2 } },
  'emr-drop-before': { faultRate: { 'drop-before': 0.4 } },
  'emr-drop-after': { faultRate: { 'drop-after': 0.4 } },
  'emr-502-after': { faultRate: { '502-after': 0.4 } },
  'emr-finds-fail': {
    faultRate: { 'drop-after': 0.2, '408': 0.1 },
    findFaultRate: { '502': 0.3, 'drop-before': 0.2, '408': 0.1 },
  },
  'emr-refuses': { faultRate: { '400': 0.02, '401': 0.01, '403': 0.01, '500': 0.02 } },
  'emr-down': { down: true },
} as const satisfies Partial<Record<keyof (typeof lanes)['emr'], Mood>>

/**
 * For a moment now and then, so that the breaker stays closed and each job goes its own way: creations that end after
 * our time-out, some of them later than the settle time would be if it began with the call.
 */
export const lateCommit = { shortestMs: 1_500, longestMs: 4_800, momentMs: 150, everyMs: 1_000 } as const

/** Makes the Sandbox EMR ill by `PUT /control`, or normal without a mood. Throws if it refuses. */
export async function controlEmr(emrUrl: string, mood: Mood = {}): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${emrUrl}/control`, {
    method: 'PUT',
    headers,
    body: JSON.stringify({ ...usual, ...mood }),
  })
  const said = await answer.text()
  if (!answer.ok) throw new Error(`the Sandbox EMR does not take its orders: ${said}`)
}
