import { SingleBar } from 'cli-progress'
import { durationText, openPace } from './pace.ts'
import type { Terminal } from './terminal.ts'

const PLAIN_EVERY_MS = 5_000

/** What is shown of something that takes its time. */
export type Progress = Disposable & {
  show(state: { done: number; total: number; note?: string }): void
}

type Shown = { label: string; amount: (count: number) => string }

/**
 * A bar where a person looks; plain lines, a few a minute, where the output goes to a file or another program; nothing where a
 * program reads and nobody looks. Each says how much is done, how fast, and how long it will take.
 */
export function openProgress(terminal: Terminal, shown: Shown): Progress {
  const { out, err, env, json } = terminal
  const stream = json ? err : out
  if (stream.isTTY && env['TERM'] !== 'dumb') return barOn(terminal, stream, shown)
  return plainLines(json ? undefined : out, shown)
}

function barOn(terminal: Terminal, stream: NodeJS.WriteStream, { label, amount }: Shown): Progress {
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}% {text}`,
    stream,
    hideCursor: true,
    // a line that does not fit would be broken, and each update would leave one behind
    linewrap: false,
    barsize: 20,
    fps: 5,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  })
  const pace = openPace()
  const { remark } = terminal
  terminal.remark = (text) => {
    if (bar.isActive) bar.update({ text })
    else remark(text)
  }
  return {
    show(state) {
      pace.note(state.done)
      if (!bar.isActive) bar.start(state.total, state.done, { text: '' })
      bar.setTotal(state.total)
      bar.update(state.done, { text: textOf(state, pace.perSecond(), amount) })
    },
    [Symbol.dispose]() {
      terminal.remark = remark
      if (bar.isActive) bar.stop()
    },
  }
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
      latest = `${percentOf(state)}% ${textOf(state, pace.perSecond(), amount)}`
      if (performance.now() - writtenAt >= PLAIN_EVERY_MS) write(latest)
    },
    [Symbol.dispose]() {
      if (latest !== undefined) write(latest)
    },
  }
}

const percentOf = ({ done, total }: { done: number; total: number }) =>
  total > 0 ? Math.floor((done / total) * 100) : 100

function textOf(
  { done, total, note }: { done: number; total: number; note?: string },
  perSecond: number | undefined,
  amount: (count: number) => string,
): string {
  const parts = [`${amount(done)} of ${amount(total)}`]
  if (perSecond !== undefined && done < total) {
    parts.push(`${amount(perSecond)}/s`)
    if (perSecond > 0) parts.push(`${durationText(((total - done) / perSecond) * 1000)} left`)
  }
  if (note) parts.push(note)
  return parts.join(', ')
}
