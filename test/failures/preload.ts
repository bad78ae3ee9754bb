import { fileURLToPath } from 'node:url'

/** The environment of a process that ends, or is suspended, at a point of its own work; see stop-at.ts. */
export function stoppingAt(
  point: `${'before' | 'after'} ${'accept' | 'begin' | 'finish'}`,
  signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL',
): Record<string, string> {
  return { ...preloading('stop-at.ts'), STOP_AT: point, STOP_BY: signal }
}

/** The environment of a process that loads a file of this folder before its own. */
export function preloading(file: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${fileURLToPath(new URL(file, import.meta.url))}` }
}
