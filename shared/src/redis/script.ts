import { readFileSync } from 'node:fs'
import type { RedisClient } from './connect.ts'

/**
 * The kinds of a script's arguments. `undefined` and a flag that is not set arrive in Lua as '', a set flag as '1'. A
 * list of texts: one of them. A shape: a list of records, preceded by its length.
 */
export type Kind = keyof Kinds | readonly (string | undefined)[] | Shape
type Kinds = {
  text: string
  'text?': string | undefined
  number: number
  'number?': number | undefined
  bytes: Buffer
  flag: boolean
}

/** Arguments by name, in the order of ARGV. */
export type Shape = { readonly [name: string]: Kind }

type Empty = Record<string, never>

/** The values for a shape. */
export type Values<S extends Shape> = { readonly [Name in keyof S]: ValueOf<S[Name]> }
type ValueOf<K extends Kind> = K extends keyof Kinds
  ? Kinds[K]
  : K extends readonly (infer Text)[]
    ? Text
    : K extends Shape
      ? readonly Values<K>[]
      : never

/**
 * A script: its keys and arguments by name, in the order of KEYS and ARGV. `each`: the arguments that are repeated after
 * the others, once for each thing the script handles.
 */
export type Script<Key extends string, Args extends Shape, Each extends Shape, Reply> = {
  /** The name of the command on a connection. */
  readonly command: string
  lua: string
  readonly keys: readonly Key[]
  readonly args: Args
  readonly each: Each
  /** What the script returns; only a type. */
  readonly reply?: Reply
}

type Argument = string | number | Buffer

/**
 * Describes scripts of a folder, whose commands begin with `prefix`, since one connection may run those of several
 * folders: `files` are the parts of one in order, the last of them names it. `scripts.test.ts`
 * compares the names with those in the script's first lines.
 */
export function scriptsIn(folder: URL, prefix: string) {
  return <Reply>() =>
    <const Key extends string, const Args extends Shape = Empty, const Each extends Shape = Empty>(
      files: readonly string[],
      { keys, args, each }: { keys: readonly Key[]; args?: Args; each?: Each },
      before = '',
    ): Script<Key, Args, Each, Reply> => ({
      command: `${prefix}${files.at(-1)}`,
      lua: before + files.map((name) => readFileSync(new URL(`${name}.lua`, folder), 'utf8')).join(''),
      keys,
      args: args ?? ({} as Args),
      each: each ?? ({} as Each),
    })
}

/** Runs a script. With `inBytes`, texts in the reply are Buffers. */
export function runScript<Key extends string, Args extends Shape, Each extends Shape, Reply>(
  redis: RedisClient,
  script: Script<Key, Args, Each, Reply>,
  keys: Readonly<Record<Key, string>>,
  args: Values<Args>,
  each: readonly Values<Each>[] = [],
  { inBytes = false } = {},
): Promise<Reply> {
  const { command } = script
  const argv = argumentsOf(script, keys, args, each)
  return send(redis, inBytes ? `${command}Buffer` : command, argv) as Promise<Reply>
}

/** Adds a script to a transaction of a connection on which scripts are defined. */
export function appendScript<Key extends string, Args extends Shape, Each extends Shape>(
  transaction: object,
  script: Script<Key, Args, Each, unknown>,
  keys: Readonly<Record<Key, string>>,
  args: Values<Args>,
  each: readonly Values<Each>[] = [],
): void {
  send(transaction, script.command, argumentsOf(script, keys, args, each))
}

/** Defines scripts as commands of a connection, unless they are already. */
export function defineCommands(
  redis: RedisClient,
  scripts: readonly { command: string; lua: string; keys: readonly string[] }[],
) {
  for (const { command, lua, keys } of scripts) {
    if (!(command in redis)) redis.defineCommand(command, { lua, numberOfKeys: keys.length })
  }
}

/** Calls a defined command of a connection or a transaction. */
function send(commander: object, command: string, argv: readonly Argument[]): unknown {
  const run = (commander as { [command: string]: ((...argv: readonly Argument[]) => unknown) | undefined })[command]
  if (!run) throw new TypeError(`the script ${command} is not defined on this connection`)
  return Reflect.apply(run, commander, argv)
}

function argumentsOf<Key extends string, Args extends Shape, Each extends Shape>(
  script: Script<Key, Args, Each, unknown>,
  keys: Readonly<Record<Key, string>>,
  args: Values<Args>,
  each: readonly Values<Each>[],
): Argument[] {
  const argv: Argument[] = script.keys.map((name) => keys[name])
  push(argv, script.args, args)
  for (const one of each) push(argv, script.each, one)
  return argv
}

function push<S extends Shape>(argv: Argument[], shape: S, values: Values<S>): void {
  for (const name in shape) {
    const kind = shape[name]
    const value: unknown = values[name]
    if (Array.isArray(value)) {
      argv.push(value.length)
      for (const one of value) push(argv, kind as Shape, one as Values<Shape>)
    } else argv.push(toArgument(value))
  }
}

/** The only place where nothing becomes ''. */
function toArgument(value: unknown): Argument {
  if (value === undefined || value === false) return ''
  return value === true ? '1' : (value as Argument)
}
