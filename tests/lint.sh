#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Holds the tree to its own rules: the layers, the house style, what is banned.
#
#   lint.sh              the tree; exit status 1 and one line a breach
#   lint.sh --self-test  every rule must complain about a sample that breaks it
#
# C is read by lint.awk; cppcheck has a say where it is installed.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${LINT_ROOT:-$(cd "$here/.." && pwd)}

# Every file of the project, tracked or about to be; NUL-free names are a rule of their own.
files() {
	if git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1 && [ -z "${LINT_ROOT:-}" ]; then
		git -C "$root" ls-files --cached --others --exclude-standard | while read -r file; do
			[ ! -f "$root/$file" ] || echo "$file"
		done
	else
		(cd "$root" && find . -type f -not -path './.git/*' -not -path './build*' | sed 's|^\./||' | sort)
	fi
}

# The same without those that are empty or not ours to write.
text_files() {
	files | grep -vE '^LICENSE$|\.(png|gif|ico|bin|gz)$' | while read -r file; do
		[ ! -s "$root/$file" ] || echo "$file"
	done
}

# All at once: a process a file is most of what this takes.
of_each() {
	(cd "$root" && xargs -r -d '\n' "$@")
}

check_c() {
	local list
	list=$(files | grep -E '^(src|include|tests)/.*\.[ch]$') || return 0
	# shellcheck disable=SC2086
	(cd "$root" && awk -v root=. -f "$here/lint.awk" $list)
}

check_spdx() {
	local file begin
	files | grep -E '\.(c|h|S|sh|awk|inc|mk)$|^Makefile$|/init$|^\.ci/run$' | while read -r file; do
		mapfile -n 3 begin <"$root/$file"
		[[ ${begin[*]} == *'SPDX-License-Identifier: GPL-2.0-or-later'* ]] ||
			echo "$file:1: [spdx] no SPDX-License-Identifier line"
	done
}

check_whitespace() {
	text_files | of_each grep -nHE '[[:blank:]]+$' | sed 's|^\([^:]*:[0-9]*\):.*|\1: [whitespace] trailing blanks|'
	# As one line, whose end is the file's.
	text_files | of_each grep -LzP '\n\z' | sed 's|$|:1: [whitespace] no line feed at the end|'
}

# Written so that this file does not match itself.
check_paths() {
	text_files | of_each grep -nHE '(^|[^[:alnum:]_.])/(wor[k]|tmp/nvirt-brie[f])(/|$|[^[:alnum:]_])' |
		sed 's|^\([^:]*:[0-9]*\):.*|\1: [path] a path of one machine|'
}

check_shell() {
	local file
	files | grep -E '\.sh$|^\.ci/run$' | while read -r file; do
		bash -n "$root/$file" 2>&1 | sed "s|^.*line|$file: [shell] line|"
		[ -x "$root/$file" ] || echo "$file:1: [shell] not executable"
	done
}

# It does not know g_autoptr and g_steal_pointer: leaks and uninitialised values are the sanitizers' part.
check_with_cppcheck() {
	[ -z "${LINT_ROOT:-}" ] && command -v cppcheck >/dev/null || return 0
	(cd "$root" && cppcheck --quiet --std=c11 --enable=warning,portability -j2 -Iinclude -Isrc -Itests \
		--inline-suppr -isrc/console/glyph_table.c --error-exitcode=0 --library=gtk \
		--suppress=missingInclude --suppress=unknownMacro --suppress=nullPointerRedundantCheck \
		--suppress=memleak --suppress=uninitvar -isrc/console/glyph_table.c \
		--template='{file}:{line}: [cppcheck] {id}: {message}' src tests 2>&1)
}

lint() {
	check_c
	check_spdx
	check_whitespace
	check_paths
	check_shell
	check_with_cppcheck
}

# ---- the self-test: one sample a rule ---------------------------------------

spdx='/* SPDX-License-Identifier: GPL-2.0-or-later */'
failures=0

# expect RULE FILE TEXT: lint must name the rule for that file. RULE "" = must be silent.
expect() {
	local rule=$1 file=$2 text=$3 out
	local dir
	dir=$(mktemp -d)
	mkdir -p "$dir/$(dirname "$file")"
	printf '%b' "$text" >"$dir/$file"
	case $file in *.sh) chmod +x "$dir/$file" ;; esac
	out=$(LINT_ROOT=$dir "$here/lint.sh")
	if [ -n "$rule" ] && ! grep -qF "$file:" <<<"$out" || ! grep -qF "[$rule" <<<"$out" && [ -n "$rule" ]; then
		echo "lint.sh: rule '$rule' said nothing about: $text"
		failures=$((failures + 1))
	elif [ -z "$rule" ] && [ -n "$out" ]; then
		echo "lint.sh: complained about a clean $file: $out"
		failures=$((failures + 1))
	fi
	rm -r "$dir"
}

self_test() {
	local call long
	expect layers src/ui/tree.c "$spdx\n#include <ncursesw/curses.h>\n"
	expect '' src/ui/term.c "$spdx\n#include <ncursesw/curses.h>\n"
	expect layers src/model/store.c "$spdx\n#include <curses.h>\n"
	expect layers src/ui/app.c "$spdx\n#include <libvirt/libvirt.h>\n"
	expect '' src/backend/conn.c "$spdx\n#include <libvirt/libvirt.h>\n"
	expect layers src/backend/vnc.c "$spdx\n#include <rfb/rfbclient.h>\n"
	expect layers src/ui/term.c "$spdx\n#include <chafa.h>\n"
	expect '' src/ui/graphic_sixel.c "$spdx\n#include <chafa.h>\n"
	expect layers src/ui/serial.c "$spdx\n#include <vterm.h>\n"
	expect layers include/nvirt/x.h "$spdx\n#ifndef X\n#define X\n#include <libxml/tree.h>\n#endif\n"
	expect pure src/model/store.c "$spdx\n#include <pthread.h>\n"
	expect pure src/model/store.c "$spdx\n#include <sys/socket.h>\n"
	expect pure src/model/store.c "$spdx\nint f(void)\n{\n\tg_mutex_lock(&m);\n}\n"
	expect pure src/model/store.c "$spdx\nint f(void)\n{\n\treturn g_file_get_contents(p, &t, NULL, NULL);\n}\n"
	expect upward src/model/store.c "$spdx\n#include \"nvirt/backend.h\"\n"
	expect upward src/backend/host.c "$spdx\n#include \"nvirt/options.h\"\n"
	expect private src/ui/app.c "$spdx\n#include \"backend/conn.h\"\n"
	expect private src/model/store.c "$spdx\n#include \"ui/app.h\"\n"
	expect '' src/ui/app.h "$spdx\n#ifndef A\n#define A\n#include \"ui/app.h\"\n#include \"app.h\"\n#endif\n"
	expect private src/cli/cli.c "$spdx\n#include \"conn.h\"\n"
	expect spdx src/ui/app.c "int x;\n"
	expect spdx tests/x.sh "#!/bin/bash\ntrue\n"
	for call in 'initscr()' 'sprintf(a, b)' 'strcpy(a, b)' 'strcat(a, b)' 'gets(a)' 'system("ls")'; do
		expect banned src/ui/app.c "$spdx\nint f(void)\n{\n\t$call;\n}\n"
	done
	for call in 'sleep(1)' 'usleep(1)' 'nanosleep(&a, NULL)' 'g_usleep(1)'; do
		expect sleep tests/unit/test_x.c "$spdx\nint f(void)\n{\n\t$call;\n}\n"
	done
	for call in 'g_main_context_default()' 'g_timeout_add(1, f, NULL)' 'g_source_attach(s, NULL)' \
		'g_main_loop_new(NULL, FALSE)'; do
		expect context src/ui/loop.c "$spdx\nint f(void)\n{\n\t$call;\n}\n"
	done
	expect '' src/ui/loop.c "$spdx\n/* never sprintf(), sleep() or\n * strcpy() */\nint f(void)\n{\n\tg(\"gets(x)\"); // system()\n}\n"
	expect path README.md 'see /wor''k/shared\n'
	expect '' README.md 'a /wor''kload and net/wor''k/x\n'
	expect guard src/ui/x.h "$spdx\nint x;\n"
	expect typedef src/ui/x.c "$spdx\ntypedef struct x x;\n"
	long=$(printf '\\tx();\\n%.0s' $(seq 81))
	expect length src/ui/x.c "$spdx\nint f(void)\n{\n$long}\n"
	expect '' src/ui/x.c "$spdx\nstatic const int table[] = {\n$(printf '\\t1,\\n%.0s' $(seq 200))};\n"
	expect size src/ui/x.c "$spdx\n$(printf 'int x;\\n%.0s' $(seq 701))"
	expect whitespace src/ui/x.c "$spdx\nint x; \n"
	expect whitespace src/ui/x.c "$spdx\nint x;"
	expect shell tests/x.sh "#!/bin/bash\n# SPDX-License-Identifier: GPL-2.0-or-later\nif true; then\n"
	[ "$failures" -eq 0 ] && echo "lint.sh: every rule complains where it must"
}

if [ "${1:-}" = --self-test ]; then
	self_test
	exit $((failures > 0))
fi
out=$(lint)
[ -n "$out" ] || exit 0
echo "$out"
exit 1
