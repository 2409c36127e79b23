import type { Argument, Command, Option } from 'commander'

const HEAD = `# Command line

This page is written by \`node packages/server/write-cli-reference.ts\` from the program itself; \`zimki help <command>\` says the same.

- Every command takes \`--json\`. It prints one document for programs, and \`{ "error": { code, message, details } }\` for a failure; \`logs\` and \`dev\`
  print one document a line.
- Every command that talks to a server takes \`--url\` and \`--token\`. Without them, in this order: \`ZIMKI_URL\` and \`ZIMKI_TOKEN\`; what
  \`zimki login\` remembered; the data folder \`.zimki\` of a \`zimki up\` that was started in this folder.
- \`--realm\` names a realm by its name or UUID; without it the "name" in \`realm.json\` of the folder is meant. \`deploy\` and \`dev\` make a
  realm that is missing.
- A noun such as \`keys\` alone lists.
- The status is 0 when it is done, 1 when it failed, 2 when it was called the wrong way.
- A list shows everything, however many pages the API gives it in.
- \`ZIMKI_DEBUG=1\` adds what caused an error.
`

/** Every command of the program with its arguments and options, as Markdown. */
export function cliReference(program: Command): string {
  return `${HEAD}\n${program.commands.map((command) => section(command, 2)).join('\n')}`
}

/** Told once for all, at the head. */
const COMMON = new Set(['--json', '--url', '--token'])

const ownOptions = (command: Command): Option[] =>
  command.options.filter(({ long, flags, mandatory }) => mandatory || !COMMON.has(long ?? flags))

function section(command: Command, depth: number): string {
  const path = pathOf(command)
  const lines = [`${'#'.repeat(depth)} ${path}`, '', sentence(command.description()), '']
  if (command.commands.length === 0) lines.push('```', [path, ...usage(command)].join(' '), '```', '')
  const rows = ownOptions(command)
    .filter((option) => !isRealm(option))
    .map(optionRow)
  if (rows.length > 0) lines.push('| option | |', '| --- | --- |', ...rows, '')
  return [lines.join('\n'), ...command.commands.map((child) => section(child, depth + 1))].join('\n')
}

/** `zimki keys create`. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

const isRealm = (option: Option): boolean => option.long === '--realm'

function usage(command: Command): string[] {
  const options = ownOptions(command)
  return [
    ...command.registeredArguments.map(placeholder),
    ...options.filter((option) => option.mandatory).map((option) => option.flags),
    ...options.filter(isRealm).map((option) => `[${option.flags}]`),
    ...(options.some((option) => !option.mandatory && !isRealm(option)) ? ['[options]'] : []),
  ]
}

function placeholder(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

function optionRow(option: Option): string {
  const { flags, description, argChoices, defaultValue, mandatory } = option
  const more = [
    argChoices ? `one of ${argChoices.join(', ')}` : '',
    mandatory ? 'must be given' : '',
    defaultText(defaultValue),
  ].filter((part) => part !== '')
  return row(flags, [description, ...more].join('; '))
}

/** What is false or empty unless given needs no words. */
function defaultText(value: unknown): string {
  const isPlain = typeof value === 'string' || typeof value === 'number'
  if (isPlain) return `default ${value}`
  return Array.isArray(value) && value.length > 0 ? `default ${value.join(', ')}` : ''
}

const row = (name: string, text: string): string => `| \`${name}\` | ${text.replaceAll('|', '\\|')} |`

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
