import { html } from 'ghtml'
import type { ConnectionDetail } from '../api/schemas.ts'
import type { Html } from './layout.ts'

const WIDTH = 120
const HEIGHT = 28

/** A line of numbers, oldest first. `label` says what they are. */
export function sparkline(values: readonly number[], label: string): Html {
  const most = Math.max(...values, 1)
  const points = values
    .map(
      (value, at) =>
        `${round((at * WIDTH) / Math.max(values.length - 1, 1))},${round(HEIGHT - 2 - (value / most) * (HEIGHT - 4))}`,
    )
    .join(' ')
  return html`<svg
    class="spark"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    width="${WIDTH}"
    height="${HEIGHT}"
    role="img"
    aria-label="${label}"
  >
    <polyline points="${points}" />
  </svg>`
}

const CHART_WIDTH = 960
const CHART_HEIGHT = 120
const HOURS = 48
const TEN_MINUTES = 600_000
const COLUMNS = HOURS * 6

/**
 * Accepted and ended jobs of 48 hours, by ten minutes, over bands that show when calls failed and none succeeded.
 */
export function history(minutes: ConnectionDetail['Minutes'], now = Date.now()): Html {
  const last = Math.floor(now / TEN_MINUTES)
  const accepted = Array.from({ length: COLUMNS }, () => 0)
  const ended = Array.from({ length: COLUMNS }, () => 0)
  const good = Array.from({ length: COLUMNS }, () => 0)
  const bad = Array.from({ length: COLUMNS }, () => 0)
  for (const { At, Accepted, Ended, Calls } of minutes) {
    const at = COLUMNS - 1 - (last - Math.floor(Date.parse(At) / TEN_MINUTES))
    if (at < 0 || at >= COLUMNS) continue
    accepted[at] = (accepted[at] ?? 0) + Accepted
    ended[at] = (ended[at] ?? 0) + Object.values(Ended).reduce((sum, count) => sum + count, 0)
    good[at] = (good[at] ?? 0) + (Calls['201'] ?? 0)
    bad[at] = (bad[at] ?? 0) + (Calls['408'] ?? 0) + (Calls['502'] ?? 0)
  }
  const most = Math.max(...accepted, ...ended, 1)
  const x = (at: number) => round((at * CHART_WIDTH) / COLUMNS)
  const line = (values: number[]) =>
    values.map((value, at) => `${x(at)},${round(CHART_HEIGHT - (value / most) * (CHART_HEIGHT - 8))}`).join(' ')
  const bands = bad.flatMap((count, at) =>
    count > 0 && good[at] === 0
      ? [
          html`<rect
            class="band"
            x="${x(at)}"
            y="0"
            width="${round(CHART_WIDTH / COLUMNS)}"
            height="${CHART_HEIGHT}"
          />`,
        ]
      : [],
  )
  const label = `Accepted and ended per ten minutes in the last 48 hours, at most ${most}; failing for ${bands.length * 10} minutes`
  return html`<svg class="history" viewBox="0 0 ${CHART_WIDTH} ${CHART_HEIGHT}" role="img" aria-label="${label}">
      !${bands}
      <polyline class="in" points="${line(accepted)}" />
      <polyline class="out" points="${line(ended)}" />
    </svg>
    <p class="legend">
      <span class="in">accepted</span> <span class="out">ended</span>
      <span class="band">calls failed and none succeeded</span> · 48 hours by ten minutes, at most ${most}
    </p>`
}

const round = (value: number) => Math.round(value * 10) / 10
