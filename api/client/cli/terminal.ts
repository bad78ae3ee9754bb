/** Where a command writes. Results and what a person wants to read go to `out`, errors and warnings to `err`. */
export type Terminal = {
  out: NodeJS.WriteStream
  err: NodeJS.WriteStream
  env: NodeJS.ProcessEnv
  /** For a program: one JSON document on `out`, and nothing else there. */
  json: boolean
  /** Tells something in passing, such as why nothing happens for a moment; whoever draws on the terminal puts itself in its place. */
  remark: (text: string) => void
}

/** One line for a person; not written where a program reads. */
export function say({ out, json }: Terminal, line: string): void {
  if (!json) out.write(`${line}\n`)
}

/** What a program gets instead. */
export function give({ out, json }: Terminal, document: object): void {
  if (json) out.write(`${JSON.stringify(document)}\n`)
}

/** A line that belongs to no result. */
export function warn({ err }: Terminal, line: string): void {
  err.write(`${line}\n`)
}

/** A sentence as a part of another one. */
export function asClause(sentence: string): string {
  return sentence.replace(/\.$/, '')
}

/** A word as a shell takes it. */
export function quoted(text: string): string {
  return /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
