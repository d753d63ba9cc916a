// `sealed-prover admin completion`: a script for the shell, made of the commands as they are. It completes words that are known and options: ids are
// those of a running service, which a shell should not ask at every key.
import type { Command } from 'commander';

export type Shell = 'bash' | 'zsh' | 'fish';

interface Place {
  /** The commands that lead there, without the program's name. */
  readonly path: readonly string[];
  readonly words: readonly { readonly word: string; readonly about: string }[];
}

function placesOf(command: Command, path: readonly string[] = []): Place[] {
  const commands = command.commands.filter((each) => each.name() !== 'help');
  const words = [
    ...commands.map((each) => ({ word: each.name(), about: each.description() })),
    ...command.registeredArguments.flatMap((each) =>
      (each.argChoices ?? []).map((word) => ({ word, about: each.description })),
    ),
    ...command.options.flatMap(({ long, description }) => (long ? [{ word: long, about: description }] : [])),
  ];
  return [{ path, words }, ...commands.flatMap((each) => placesOf(each, [...path, each.name()]))];
}

export function completionOf(program: Command, shell: Shell): string {
  const name = program.name();
  const places = placesOf(program);
  return shell === 'fish' ? fish(name, places) : bash(name, places, shell === 'zsh');
}

/** zsh reads the same by its own `bashcompinit`. */
function bash(name: string, places: readonly Place[], isZsh: boolean): string {
  const cases = places.map(
    ({ path, words }) => `    "${path.join(' ')}") words="${words.map(({ word }) => word).join(' ')}" ;;`,
  );
  const known = places.filter(({ path }) => path.length > 0).map(({ path }) => `"${path.join(' ')}"`);
  return `${isZsh ? 'autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n' : ''}_sealed_prover() {
  local at="" next words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${at:+$at }$word"
    case "$next" in ${known.join('|')}) at="$next" ;; esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sealed_prover ${name}`;
}

function fish(name: string, places: readonly Place[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return places
    .flatMap(({ path, words }) => {
      const seen = path.map((each) => `__fish_seen_subcommand_from ${each}`).join('; and ') || '__fish_use_subcommand';
      return words.map(({ word, about }) =>
        word.startsWith('--')
          ? `complete -c ${name} -n ${quoted(seen)} -l ${word.slice(2)} -d ${quoted(about)}`
          : `complete -c ${name} -n ${quoted(seen)} -f -a ${word} -d ${quoted(about)}`,
      );
    })
    .join('\n');
}
