/** The streams of a command. Results and human-readable output go to `out`, errors and warnings to `err`. */
export type Terminal = {
  out: NodeJS.WriteStream
  err: NodeJS.WriteStream
  env: NodeJS.ProcessEnv
  /** For programs: write only one JSON document to `out`. */
  json: boolean
  /** Writes a remark, such as the reason for a pause. Replaced while a progress bar is drawn. */
  remark: (text: string) => void
}

/** Writes a human-readable line; nothing with `--json`. */
export function say({ out, json }: Terminal, line: string): void {
  if (!json) out.write(`${line}\n`)
}

/** Writes the JSON document, only with `--json`. */
export function give({ out, json }: Terminal, document: object): void {
  if (json) out.write(`${JSON.stringify(document)}\n`)
}

/** Writes a warning. */
export function warn({ err }: Terminal, line: string): void {
  err.write(`${line}\n`)
}

/** A sentence without its full stop, as part of another one. */
export function asClause(sentence: string): string {
  return sentence.replace(/\.$/, '')
}

/** Quotes a word for a shell. */
export function quoted(text: string): string {
  return /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
