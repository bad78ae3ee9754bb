import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Shape } from '../redis/script.ts'
import { webhookScripts } from '../webhooks/scripts.ts'
import { scripts } from './scripts.ts'

type Named = { file: string; lua: string; keys: readonly string[]; args: Shape; each: Shape }
type Described = { command: string; lua: string; keys: readonly string[]; args: Shape; each: Shape }
const folders: { folder: URL; scripts: readonly Described[] }[] = [
  { folder: new URL('lua/', import.meta.url), scripts: Object.values(scripts) },
  { folder: new URL('../webhooks/lua/', import.meta.url), scripts: Object.values(webhookScripts) },
]
const all = folders.flatMap((each) =>
  each.scripts.map(({ command, keys, args, each: repeated }): Named => {
    const file = command.replace(/^eg-(hooks-)?/, '')
    return { file, lua: luaOf(each.folder, file), keys, args, each: repeated }
  }),
)

function luaOf(folder: URL, file: string): string {
  return readFileSync(new URL(`${file}.lua`, folder), 'utf8')
}

/** The names that a script gives to what `source` yields, in order; none if it has no such line. */
function namesOf(lua: string, source: string): string[] {
  const at = lua.indexOf(` = ${source}\n`)
  if (at < 0) return []
  const names = lua.slice(lua.lastIndexOf('local ', at) + 'local '.length, at)
  return names.split(',').map((name) => name.trim())
}

/** `names` of KEYS, ARGV or a part of ARGV that begins at `from`. */
function namedIn(lua: string, table: 'KEYS' | 'ARGV', names: readonly string[]): string[] {
  if (names.length === 1) return namesOf(lua, `${table}[1]`)
  return namesOf(lua, table === 'KEYS' ? 'unpack(KEYS)' : `unpack(ARGV, 1, ${names.length})`)
}

/** In Lua a list of records is preceded by its length, which has a name of its own. */
const isScalar = (shape: Shape, name: string) => typeof shape[name] === 'string' || Array.isArray(shape[name])
const scalars = (shape: Shape) => Object.keys(shape).map((name) => (isScalar(shape, name) ? name : `${name}Count`))

test.for(all)('$file: names its keys and arguments in the order in which they are sent', (script) => {
  const { lua, keys, args, each } = script
  expect(namedIn(lua, 'KEYS', keys)).toEqual(keys)
  expect(namedIn(lua, 'ARGV', scalars(args))).toEqual(scalars(args))
  const repeated = scalars(each)
  if (repeated.length === 0) return
  const part = repeated.length === 1 ? 'ARGV[at]' : `unpack(ARGV, at, at + ${repeated.length - 1})`
  expect(namesOf(lua, part)).toEqual(repeated)
})

test.for(all)('$file: begins to repeat where its fixed arguments end', ({ lua, args, each }) => {
  const length = Object.keys(each).length
  const hasLists = [args, each].some((shape) => Object.keys(shape).some((name) => !isScalar(shape, name)))
  if (length === 0 || hasLists) return
  const first = Object.keys(args).length + 1
  expect(lua).toMatch(
    length === 1
      ? new RegExp(`for at = ${first}, #ARGV do`)
      : new RegExp(`for at = ${first}(?: \\+ \\w+ \\* ${length})?, #ARGV, ${length} do`),
  )
})

test.for(all)('$file: uses its keys by name', ({ lua }) => {
  const code = lua.replaceAll(/^ *--.*$/gm, '')
  const uses = [...code.matchAll(/(?<!unpack\()\bKEYS\b.*/g)].map(([use]) => use)
  const permitted = uses.filter((use) => /^KEYS\[1\]$/.test(use) || use.startsWith('KEYS, { cmsgpack'))
  expect(uses).toEqual(permitted)
})

test.for(folders)('every file of a folder is a script or a part of one: $folder', ({ folder, scripts: described }) => {
  const texts = described.map(({ lua }) => lua)
  const unused = readdirSync(folder).filter((file) => {
    const lua = luaOf(folder, file.replace('.lua', ''))
    return !texts.some((text) => text.includes(lua))
  })
  expect(unused).toEqual([])
})

test.for(folders)('no script reads the time but by the prelude: $folder', ({ folder }) => {
  const files = readdirSync(folder).filter((file) => file !== 'now.lua')
  expect(files.filter((file) => luaOf(folder, file.replace('.lua', '')).includes("'TIME'"))).toEqual([])
})

test('no two scripts are one command, on a connection that runs those of both folders', () => {
  const commands = folders.flatMap((each) => each.scripts.map(({ command }) => command))
  expect(new Set(commands).size).toBe(commands.length)
})
