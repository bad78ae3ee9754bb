import {
  gatewayOptions,
  reference,
  type CommandName,
  type CommandReference,
  type OptionReference,
} from './reference.ts'

const INDENT = 28

const CREDENTIALS = `Credentials come from --credentials FILE, from the file that GATEWAY_CREDENTIALS names, or from GATEWAY_URL,
GATEWAY_APPLICATION_NAME, GATEWAY_APPLICATION_KEY, GATEWAY_LOGIN_ID, GATEWAY_PASSWORD, GATEWAY_AUTHORIZATION_TOKEN and
GATEWAY_EMR_INSTANCE; never from the command line. Operators (ops) have GATEWAY_URL and GATEWAY_OPERATOR_TOKEN.`

const EXIT_CODES = `Exit codes: 0 success; 1 not all succeeded (rejected, failed, in doubt; mistakes found); 64 usage; 65 file not understood;
66 no such file; 73 submitted before; 74 cannot read or write; 75 try later; 76 refused; 77 not permitted; 78 credentials;
130 interrupted.`

const entries = Object.entries(reference) as [CommandName, CommandReference][]

/** `encounter-gateway --help`: one line per command. */
export function usage(): string {
  const commands = entries.map(([name, { operands, summary }]) => row(`${name} ${operands}`, summary))
  return `Usage: encounter-gateway COMMAND [options]

${commands.join('\n')}

Options and examples of a command: encounter-gateway COMMAND --help

${CREDENTIALS}

${EXIT_CODES}
`
}

/** `encounter-gateway COMMAND --help`: its operands and options, with examples. */
export function usageOf(name: CommandName): string {
  const { operands, summary, options, examples }: CommandReference = reference[name]
  const own = Object.entries(options).filter(([option]) => !(option in gatewayOptions))
  const common = Object.entries(options).filter(([option]) => option in gatewayOptions)
  return `Usage: encounter-gateway ${name} ${operands}${own.length + common.length > 0 ? ' [options]' : ''}

  ${summary}

${[...own, ...common].map(([option, about]) => row(optionText(option, about), about.help)).join('\n')}

Examples:
${examples.map((example) => `  ${example}`).join('\n')}
`.replaceAll(/\n{3,}/g, '\n\n')
}

/** An option as it is typed: `-o, --output FILE`. */
export function optionText(name: string, { short, value, type }: OptionReference): string {
  const long = `--${name}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`
  return short ? `-${short}, ${long}` : long
}

const row = (left: string, right: string) =>
  `  ${left.padEnd(INDENT)}${left.length < INDENT ? '' : `\n  ${' '.repeat(INDENT)}`}${right}`

/** docs/encounter-gateway.md: the manual. */
export function manual(): string {
  const sections = entries.map(([name, { operands, summary, options, examples }]) => {
    const rows = Object.entries(options).map(
      ([option, about]) => `| \`${optionText(option, about).replaceAll('|', '\\|')}\` | ${about.help} |`,
    )
    const table = rows.length > 0 ? `\n| option | |\n|---|---|\n${rows.join('\n')}\n` : ''
    return `### ${name} ${operands}\n\n${summary}\n${table}\n\`\`\`\n${examples.join('\n')}\n\`\`\`\n`
  })
  return `# encounter-gateway(1)

## Name

encounter-gateway: submit encounters to a gateway and follow their results

## Synopsis

\`encounter-gateway COMMAND [options]\`

## Commands

${sections.join('\n')}
## Environment

${CREDENTIALS}

## Exit status

${EXIT_CODES}

## See also

[Command line and client](client.md)
`
}
