import { reference, type CommandReference } from './reference.ts'

const entries = Object.entries(reference) as [string, CommandReference][]

/** The script for bash that completes commands, options and files. */
export function bashCompletion(): string {
  const cases = entries.map(([name, { options }]) => `    ${name}) words="${optionsOf(options)}" ;;`)
  return `# encounter-gateway: completion for bash
_encounter_gateway() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${entries.map(([name]) => name).join(' ')} help --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _encounter_gateway encounter-gateway
`
}

/** The same for zsh, which loads it as `_encounter-gateway`, with descriptions. */
export function zshCompletion(): string {
  const commands = entries.map(([name, { summary }]) => `    '${name}:${escaped(summary)}'`)
  const cases = entries.map(([name, { options }]) => {
    const specs = Object.entries(options).map(([option, { help, type }]) =>
      type === 'string'
        ? `      '--${option}[${escaped(help)}]:value:_files'`
        : `      '--${option}[${escaped(help)}]'`,
    )
    return `    ${name}) _arguments \\\n${[...specs, `      '*:file:_files'`].join(' \\\n')} ;;`
  })
  return `#compdef encounter-gateway
_encounter_gateway() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$name" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "_encounter-gateway" ]; then _encounter_gateway "$@"; else compdef _encounter_gateway encounter-gateway; fi
`
}

const optionsOf = (options: object) => [...Object.keys(options), 'help'].map((option) => `--${option}`).join(' ')
const escaped = (text: string) => text.replaceAll("'", '’').replaceAll(/[[\]:]/g, (sign) => `\\${sign}`)
