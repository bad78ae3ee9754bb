import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

const GB = 1024 ** 3

/** The machine of the figures, in one line. */
export function describeMachine(redis: string): string {
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = `${Math.round(totalmem() / GB)} GB`
  const system = `${type()} ${release()}`
  return `${availableParallelism()} cores (${processor}), ${memory}, ${system}, Node ${process.version}, ${redis}`
}

/** The measured commit, with a mark if the working tree differs from it; empty outside a repository. */
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
