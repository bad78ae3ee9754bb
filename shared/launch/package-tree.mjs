import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What keeps `node_modules` from being what package-lock.json says, in a few words; `undefined` if nothing does. Compares the
 * lock file with the one that npm leaves in `node_modules` when it is done, and looks whether each package of that one is
 * there: about 20 ms. An optional package may be missing: npm leaves out those of other machines.
 */
export function mistakeIn(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  if (!wanted || !installed) return 'no installation has come to its end'
  for (const [path, { version, integrity, optional, devOptional }] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue
    const found = installed[path]
    if (!found && (optional || devOptional)) continue
    if (!found) return `${path} is missing`
    if (found.version !== version || found.integrity !== integrity) return `${path} is another version`
  }
  for (const [path, { os, cpu }] of Object.entries(installed)) {
    if (!existsSync(join(root, path, 'package.json'))) return `${path} is missing`
    if (!includes(os, process.platform) || !includes(cpu, process.arch)) return `${path} is for another machine`
  }
  // follows the link: its target is brought by an install script, which npm may not have been allowed to run
  return existsSync(join(root, 'node_modules', '.bin', 'node')) ? undefined : 'Node 24 is missing'
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages ?? {}
  } catch {
    return undefined
  }
}

/** As npm reads `os` and `cpu`: one name or several that are meant, or with a `!` names that are not. */
function includes(names = [], name) {
  const list = [names].flat()
  const meant = list.filter((each) => !each.startsWith('!'))
  return !list.includes(`!${name}`) && (meant.length === 0 || meant.includes(name))
}
