import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanUp } from './postpack.ts'

const client = fileURLToPath(new URL('..', import.meta.url))
const root = resolve(client, '../..')
const dist = join(client, 'dist')
const emitted = join(dist, 'emitted')

const specifiers = /((?:^|\n)(?:import|export)\b[^'"\n]*?from |\bimport\()(['"])([^'"]+)\2( with \{[^}]*\})?/g

/**
 * Builds the published package: JavaScript for Node 20.4 and newer, since Node runs no TypeScript in node_modules; the
 * files of shared/ that `validate` needs; and types for the client.
 */
function build(): void {
  cleanUp()
  // the compiler of the workspace, which npm puts first on the path
  execFileSync('tsc', ['-p', join(client, 'build')], { stdio: 'inherit' })
  const done = new Set<string>()
  const waiting = ['src/index.js', 'cli/main.js'].map((name) => join(emitted, 'api/client', name))
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (done.has(file)) continue
    done.add(file)
    waiting.push(...place(file))
    const types = file.replace(/\.js$/, '.d.ts')
    if (file.startsWith(join(emitted, 'api/client/src')) && existsSync(types)) waiting.push(types)
  }
  rmSync(emitted, { recursive: true })
  copyFileSync(join(root, 'LICENSE'), join(client, 'LICENSE'))
  copyFileSync(join(root, 'docs/client.md'), join(client, 'README.md'))
}

/** Writes one file to its place in the package, and returns the files that it imports. */
function place(file: string): string[] {
  const needed: string[] = []
  const placed = placeOf(file)
  const source = file.endsWith('.json') ? `export default ${readFileSync(file, 'utf8')}` : readFileSync(file, 'utf8')
  // references to types are for the compiler, which has run
  const text = source
    .replaceAll(/^\/\/\/ <reference .*\n/gm, '')
    .replaceAll(specifiers, (whole: string, before: string, _quote: string, specifier: string) => {
      const found = emittedFile(file, specifier)
      if (!found) return whole
      needed.push(found)
      const path = relative(dirname(placed), placeOf(found)).replaceAll('\\', '/')
      return `${before}'${path.startsWith('.') ? path : `./${path}`}'`.replace(/\.d\.ts'$/, ".js'")
    })
  mkdirSync(dirname(placed), { recursive: true })
  writeFileSync(placed, text)
  return needed
}

/** The compiled file of an import, or `undefined` for a package of the registry or of Node. */
function emittedFile(from: string, specifier: string): string | undefined {
  const [, workspace, path = ''] = /^@encounter-gateway\/(\w+)\/(.*)$/.exec(specifier) ?? []
  if (!workspace && !specifier.startsWith('.')) return undefined
  const target = workspace ? join(emitted, workspace, 'src', path) : resolve(dirname(from), specifier)
  if (target.endsWith('.json')) return resolve(root, relative(emitted, target))
  const extension = from.endsWith('.d.ts') ? '.d.ts' : '.js'
  return target.replace(/\.(?:ts|js)$/, extension)
}

function placeOf(file: string): string {
  const base = file.startsWith(emitted) ? emitted : root
  const path = relative(base, file).replace(/\.json$/, '.json.js')
  return join(dist, path.startsWith('api/client/') ? path.slice('api/client/'.length) : join('gateway', path))
}

build()
