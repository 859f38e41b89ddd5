#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make screen-table: reads every screen that the tests know on real guests, all fonts, and writes the table
# into docs/screen-text.md. Takes a quarter of an hour.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${BUILD:-build}
page=$here/../docs/screen-text.md
rows=$(mktemp)
trap 'rm -f "$rows" "$page.new"' EXIT
status=0
for test in test_screen_boot test_screen_text; do
	NVIRT_SCREEN_TABLE=$rows NVIRT_SCREEN_FONTS='*' "$build/tests/backend/$test" || status=1
done
[ -s "$rows" ] || exit 1
{
	sed '/^<!-- table -->/q' "$page"
	echo '| screen | screens | visible cells | ASCII % | glyphs % | worst screen % | blanks % | colours % | ms a frame, at most |'
	echo '|---|---|---|---|---|---|---|---|---|'
	cat "$rows"
	sed -n '/^<!-- end -->/,$p' "$page"
} >"$page.new"
mv "$page.new" "$page"
exit $status
