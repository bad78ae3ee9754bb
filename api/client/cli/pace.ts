/** Measures the rate of progress. */
export type Pace = {
  /** Records how much is done now. */
  note(done: number): void
  /** The rate per second over the last 30 seconds; `undefined` as long as it is not known. */
  perSecond(): number | undefined
}

const WINDOW_MS = 30_000
/** No rate is reported for a shorter time. */
const LEAST_MS = 500

/** Measures over a window, so that a stall shows and a slow start does not count for ever. */
export function openPace(now: () => number = () => performance.now()): Pace {
  let notes: { at: number; done: number }[] = []
  return {
    note(done) {
      const at = now()
      const last = notes.at(-1)
      // progress that restarts is measured anew
      if (last && done < last.done) notes = []
      notes.push({ at, done })
      const inWindow = notes.findIndex((note) => at - note.at <= WINDOW_MS)
      notes = notes.slice(Math.max(inWindow - 1, 0))
    },
    perSecond() {
      const first = notes[0]
      const last = notes.at(-1)
      if (!first || !last || last.at - first.at < LEAST_MS) return undefined
      return ((last.done - first.done) / (now() - first.at)) * 1000
    },
  }
}

/** A duration as text: `45s`, `3m 05s`, `2h 10m`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`
}

/** A count with separators: `99,990`. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** A count with its noun: `1 encounter`, `1,000 encounters`. */
export function numberOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`
}
