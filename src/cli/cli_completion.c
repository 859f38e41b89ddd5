/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt completion SHELL`: what makes a shell ask nvirt itself what a word may
 * become. The scripts know no verb and no option, so they never are out of date.
 *
 * Pure but for printing.
 */
#include "cli.h"
#include "nvirt/text.h"

/*
 * The line is given as it is typed: bash itself splits words at ':' and '=', which
 * URIs and names may have.
 */
static const char bash_script[] =
        "# bash completion for nvirt: made by 'nvirt completion bash'.\n"
        "_nvirt()\n"
        "{\n"
        "	local program=${1/#\\~/$HOME}\n"
        "\n"
        "	type -P \"$program\" >/dev/null || program=nvirt\n"
        "	mapfile -t COMPREPLY < <(command \"$program\" __complete --line \"${COMP_LINE:0:COMP_POINT}\" \\\n"
        "		--breaks \"$COMP_WORDBREAKS\" 2>/dev/null)\n"
        "	if [[ ${COMPREPLY[0]-} == :files ]]; then\n"
        "		compopt -o filenames 2>/dev/null\n"
        "		mapfile -t COMPREPLY < <(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
        "	elif [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/-] ]]; then\n"
        "		compopt -o nospace 2>/dev/null\n"
        "	fi\n"
        "}\n"
        "complete -F _nvirt nvirt\n";

static const char zsh_script[] =
        "#compdef nvirt\n"
        "# zsh completion for nvirt: made by 'nvirt completion zsh'.\n"
        "_nvirt()\n"
        "{\n"
        "	local line\n"
        "	local -a found described rest\n"
        "\n"
        "	found=(\"${(@f)$(command ${~words[1]} __complete -- \"${(@Q)words[2,CURRENT-1]}\" \"${(Q)PREFIX}\" 2>/dev/null)}\")\n"
        "	if [[ $found[1] == :files ]]; then\n"
        "		_files\n"
        "		return\n"
        "	fi\n"
        "	for line in $found; do\n"
        "		described+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
        "		[[ ${line%%$'\\t'*} == *[/-] ]] && rest=(-S '')\n"
        "	done\n"
        "	(( $#described )) && _describe -t nvirt 'nvirt' described $rest\n"
        "}\n"
        "if [[ $funcstack[1] == _nvirt ]]; then\n"
        "	_nvirt \"$@\"\n"
        "else\n"
        "	compdef _nvirt nvirt\n"
        "fi\n";

static const char fish_script[] =
        "# fish completion for nvirt: made by 'nvirt completion fish'.\n"
        "function __nvirt_complete\n"
        "	set -l words (commandline -opc)\n"
        "	set -l last (commandline -ct)\n"
        "	set -l program $words[1]\n"
        "	set -e words[1]\n"
        "	set -l found (command $program __complete -- $words \"$last\" 2>/dev/null)\n"
        "	if test \"$found[1]\" = :files\n"
        "		__fish_complete_path \"$last\"\n"
        "	else if set -q found[1]\n"
        "		printf '%s\\n' $found\n"
        "	end\n"
        "end\n"
        "complete -c nvirt -f -a '(__nvirt_complete)'\n";

int cli_completion(struct cli *cli)
{
	static const struct {
		const char *name, *script;
	} shells[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
	const GPtrArray *words = cli->line.words;

	if (words->len != 1)
		return cli_usage_error(cli, "completion", "completion: which shell? bash, zsh or fish");
	for (unsigned i = 0; i < G_N_ELEMENTS(shells); i++)
		if (g_str_equal(words->pdata[0], shells[i].name))
			return output_text(&cli->out, shells[i].script) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	g_autofree char *clean = text_clean(words->pdata[0], -1);
	return cli_usage_error(cli, "completion", "completion: there is none for '%s', but for bash, zsh and fish", clean);
}
