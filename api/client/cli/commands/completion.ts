import { readArguments, usageError } from '../arguments.ts'
import type { Command } from '../command.ts'
import { bashCompletion, zshCompletion } from '../completions.ts'
import { exitCodes } from '../exit-codes.ts'
import { reference } from '../reference.ts'

const shells = { bash: bashCompletion, zsh: zshCompletion }

/** `completion bash|zsh`: writes the completion script for that shell. */
export const completion: Command = async (argv, terminal) => {
  const { positionals } = readArguments(argv, reference.completion.options, ['SHELL'])
  const [shell = ''] = positionals
  if (!Object.hasOwn(shells, shell)) throw usageError(`completion takes ${Object.keys(shells).join(' or ')}`)
  terminal.out.write(shells[shell as keyof typeof shells]())
  return exitCodes.ok
}
