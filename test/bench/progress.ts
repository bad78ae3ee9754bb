const LINE_EVERY_MS = 10_000
const BAR_EVERY_MS = 250
const BAR_WIDTH = 24
const MINUTE = 60

/** The progress of a long run: a bar on a terminal, else a line now and then. */
export type Progress = {
  /** The number of finished runs, and the next one. */
  at(done: number, what: string): void
  /** A line of its own. */
  say: (line: string) => void
  end(): void
}

export function showProgress(runs: number, out: NodeJS.WriteStream): Progress {
  const startedAt = performance.now()
  let done = 0
  let what = ''
  const line = () => {
    const seconds = (performance.now() - startedAt) / 1000
    const left = done > 0 ? `, about ${clock((seconds / done) * (runs - done))} left` : ''
    return `${done}/${runs} runs, ${clock(seconds)}${left}: ${what}`
  }
  const show = () => {
    if (!out.isTTY) {
      out.write(`${line()}\n`)
      return
    }
    const bar = '#'.repeat(Math.floor((done / runs) * BAR_WIDTH)).padEnd(BAR_WIDTH, '.')
    out.write(`\r\x1b[2K${`[${bar}] ${line()}`.slice(0, (out.columns ?? 120) - 1)}`)
  }
  const timer = setInterval(show, out.isTTY ? BAR_EVERY_MS : LINE_EVERY_MS)
  return {
    at(count, next) {
      done = count
      what = next
      if (out.isTTY) show()
    },
    say(text) {
      out.write(`${out.isTTY ? '\r\x1b[2K' : ''}${text}\n`)
    },
    end() {
      clearInterval(timer)
      if (out.isTTY) out.write('\r\x1b[2K')
    },
  }
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / MINUTE)}:${String(Math.floor(seconds % MINUTE)).padStart(2, '0')}`
}
