import type { Command } from 'commander'

/** Commands that do something: those without commands below them. */
export const leafCommands = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leafCommands)

/** `zimki keys list` -> `['keys', 'list']`. */
export function wordsOf(command: Command): string[] {
  return command.parent ? [...wordsOf(command.parent), command.name()] : []
}

/** Something for each argument and option that a command will not go without; `known` has what it must be, by name. */
export function wantedArguments(command: Command, known: Record<string, string> = {}): string[] {
  const given = command.registeredArguments
    .filter(({ required }) => required)
    .map((argument) => known[argument.name()] ?? 'x')
  const options = command.options
    .filter(({ mandatory, long }) => mandatory || (long && known[long]))
    .flatMap(({ long, required }) => (required ? [long!, known[long!] ?? 'x'] : [long!]))
  return [...given, ...options]
}
