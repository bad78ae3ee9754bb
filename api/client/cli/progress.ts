import { SingleBar } from 'cli-progress'
import { durationText, openPace } from './pace.ts'
import type { Terminal } from './terminal.ts'

const PLAIN_EVERY_MS = 5_000

/** Shows the progress of a long operation. */
export type Progress = Disposable & {
  show(state: State): void
}

/** `failures`: the failures so far, shown first. */
type State = { done: number; total: number; failures?: string; note?: string }

type Shown = { label: string; amount: (count: number) => string }

/**
 * A bar on a terminal; plain lines, a few per minute, if the output goes to a file or another program; nothing with
 * `--json` outside a terminal. Each shows how much is done, the rate, and the time left.
 */
export function openProgress(terminal: Terminal, shown: Shown): Progress {
  const { out, err, env, json } = terminal
  const stream = json ? err : out
  if (stream.isTTY && env['TERM'] !== 'dumb') return barOn(terminal, stream, shown)
  return plainLines(json ? undefined : out, shown)
}

function barOn(terminal: Terminal, stream: NodeJS.WriteStream, { label, amount }: Shown): Progress {
  let line = ''
  const bar = new SingleBar({
    format: () => line,
    stream,
    hideCursor: true,
    linewrap: false,
    fps: 5,
    // remarks and the last state are written as lines of their own
    clearOnComplete: true,
  })
  const pace = openPace()
  const { remark } = terminal
  terminal.remark = (text) => {
    const { isActive } = bar
    if (isActive) bar.stop()
    remark(text)
    if (isActive) bar.start(1, 0)
  }
  return {
    show(state) {
      pace.note(state.done)
      // one column less: some terminals wrap a full line
      line = barLine(label, state, partsOf(state, pace.perSecond(), amount), (stream.columns || 80) - 1)
      if (bar.isActive) bar.update(0)
      else bar.start(1, 0)
    },
    [Symbol.dispose]() {
      terminal.remark = remark
      if (!bar.isActive) return
      bar.stop()
      stream.write(`${line}\n`)
    },
  }
}

const BAR_LONGEST = 20
const BAR_SHORTEST = 5

/**
 * Fits the parts into the columns, the most important first, without cutting any; the bar gets the remaining space.
 */
function barLine(
  label: string,
  state: { done: number; total: number },
  parts: readonly string[],
  columns: number,
): string {
  const percent = `${percentOf(state)}%`
  let text = `${label} ${percent}`
  for (const [index, part] of parts.entries()) {
    const longer = `${text}${index === 0 ? ' ' : ', '}${part}`
    if (longer.length > columns) break
    text = longer
  }
  const room = Math.min(columns - text.length - 1, BAR_LONGEST)
  if (room < BAR_SHORTEST) return text
  const full = state.total > 0 ? Math.floor((state.done / state.total) * room) : room
  const bar = '█'.repeat(full) + '░'.repeat(room - full)
  return text.replace(`${label} `, `${label} ${bar} `)
}

function plainLines(out: NodeJS.WriteStream | undefined, { label, amount }: Shown): Progress {
  const pace = openPace()
  let written: string | undefined
  let writtenAt = performance.now()
  let latest: string | undefined
  const write = (line: string) => {
    if (line !== written) out?.write(`${label} ${line}\n`)
    written = line
    writtenAt = performance.now()
  }
  return {
    show(state) {
      pace.note(state.done)
      latest = `${percentOf(state)}% ${partsOf(state, pace.perSecond(), amount).join(', ')}`
      if (performance.now() - writtenAt >= PLAIN_EVERY_MS) write(latest)
    },
    [Symbol.dispose]() {
      if (latest !== undefined) write(latest)
    },
  }
}

const percentOf = ({ done, total }: { done: number; total: number }) =>
  total > 0 ? Math.floor((done / total) * 100) : 100

/** Most important first: failures, counts, pace. */
function partsOf(
  { done, total, failures, note }: State,
  perSecond: number | undefined,
  amount: (count: number) => string,
): string[] {
  const parts = [...(failures ? [failures] : []), `${amount(done)} of ${amount(total)}`]
  if (perSecond !== undefined && done < total) {
    if (perSecond > 0) parts.push(`${durationText(((total - done) / perSecond) * 1000)} left`)
    parts.push(`${amount(perSecond)}/s`)
  }
  if (note) parts.push(note)
  return parts
}
