import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { expect, test } from 'vitest'

/** Folders whose own folders are rooms too. */
const HALLS = new Set(['emr'])

/** The room of a file below `src`: its folder, or the file itself if it lies at the top of a hall. */
function roomOf(file: string): string {
  const [first = '', second] = file.split(sep)
  return second !== undefined && HALLS.has(first) ? `${first}/${second}` : first
}

/** What each file below `src` imports from there, types included. Tests and what they stand on may import anything. */
function importsBelow(src: string): Map<string, string[]> {
  const files = globSync(`${src}/**/*.ts`, { exclude: ['**/*.test.ts', '**/*-under-test.ts'] })
  const imports = (file: string) =>
    [...readFileSync(file, 'utf8').matchAll(/\b(?:from|import\() ?'(\.[^']+)'/g)]
      .map(([, path = '']) => relative(src, join(dirname(file), path)))
      .filter((path) => !path.startsWith('..'))
  return new Map(files.map((file) => [relative(src, file), imports(file)]))
}

/** An import that leads from one room to another. */
type Way = { from: string; to: string; text: string }

function waysBetween(files: Map<string, string[]>): Way[] {
  const imports = [...files].flatMap(([file, imported]) => imported.map((other) => [file, other] as const))
  return imports
    .map(([file, other]) => ({ from: roomOf(file), to: roomOf(other), text: `${file} imports ${other}` }))
    .filter(({ from, to }) => from !== to)
}

/** The nodes of the first circle that a walk along `next` meets; none if there is no circle. */
function circleIn(nodes: Iterable<string>, next: (node: string) => Iterable<string>): string[] {
  const done = new Set<string>()
  const walk = (node: string, path: string[]): string[] => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return []
    for (const other of next(node)) {
      const circle = walk(other, [...path, node])
      if (circle.length > 0) return circle
    }
    done.add(node)
    return []
  }
  for (const node of nodes) {
    const circle = walk(node, [])
    if (circle.length > 0) return circle
  }
  return []
}

test('a circle is found', () => {
  const next = (node: string) => ({ a: ['b', 'd'], b: ['c'], c: ['b'] })[node] ?? []
  expect(circleIn(['a'], next)).toEqual(['b', 'c', 'b'])
  expect(circleIn(['d'], next)).toEqual([])
})

test.each(['api/src', 'shared/src', 'worker/src'])(
  'the rooms of %s lie on floors: no import leads back up, and no two files import each other, by types neither',
  (src) => {
    const files = importsBelow(src)
    expect(files.size).toBeGreaterThan(50)
    expect(circleIn(files.keys(), (file) => files.get(file) ?? [])).toEqual([])

    const ways = waysBetween(files)
    const leaving = Map.groupBy(ways, ({ from }) => from)
    const circle = circleIn(leaving.keys(), (room) => leaving.get(room)?.map(({ to }) => to) ?? [])
    const imports = ways.filter(({ from, to }) => circle.includes(from) && circle.includes(to)).map(({ text }) => text)
    expect(imports).toEqual([])
  },
)
