import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

const GB = 1024 ** 3

/** What the figures were taken on, in one line. */
export function describeMachine(redis: string): string {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = `${Math.round(totalmem() / GB)} GB`
  const system = `${type()} ${release()}`
  return `${availableParallelism()} cores (${processor}), ${memory}, ${system}, Node ${process.version}, ${redis}`
}

/** The commit that was measured, with a mark where the working tree differs from it; empty outside of a repository. */
export function describeCommit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=10'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return ''
  }
}
