import { readFileSync } from 'node:fs'

const packageUrl = new URL('../../package.json', import.meta.url)

/**
 * The arguments with which `npm run <name>` starts Node, so that the launcher starts a process in the same way. Throws
 * if that script does not start Node.
 */
export function nodeArgumentsOf(name: string): string[] {
  const { scripts } = JSON.parse(readFileSync(packageUrl, 'utf8')) as { scripts: Record<string, string> }
  const [, words] = /^exec node (.+)$/.exec(scripts[name] ?? '') ?? []
  if (!words) throw new TypeError(`the script '${name}' of package.json does not start Node`)
  return words.split(' ')
}
