const LINE_EVERY_MS = 10_000
const BAR_EVERY_MS = 200
const BAR_WIDTH = 24
/** For a terminal that reports no width, or 0. */
const WIDTH = 120

/** A progress: `share` from 0 to 1, and its text. */
export type Progress = { share: number; text: string }

/**
 * Shows a progress: a bar on a terminal, elsewhere a line of text every ten seconds. Returns the function that ends it,
 * with a last update.
 */
export function showBar(out: NodeJS.WriteStream, look: () => Progress): () => void {
  const show = () => {
    const { share, text } = look()
    if (!out.isTTY) return out.write(`${text}\n`)
    const filled = Math.min(BAR_WIDTH, Math.floor(share * BAR_WIDTH))
    const bar = `[${'#'.repeat(filled).padEnd(BAR_WIDTH, '.')}] ${text}`
    return out.write(`\r\x1b[2K${bar.slice(0, (out.columns || WIDTH) - 1)}`)
  }
  const timer = setInterval(show, out.isTTY ? BAR_EVERY_MS : LINE_EVERY_MS)
  return () => {
    clearInterval(timer)
    show()
    if (out.isTTY) out.write('\n')
  }
}
