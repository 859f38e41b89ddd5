#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs each fuzz target of $BUILD for $SECONDS_EACH seconds, as many at a time as there
# are processors. What it learns stays in $BUILD/corpus and begins the next run; what it
# finds stays in $BUILD/found.
set -u
cd "${BUILD:?}" || exit 1
mkdir -p found

# Sanitizers fail on kernels that spread the address space wider than they know.
run() {
	local name=$1 log=found/$1.log status=0
	mkdir -p "corpus/$name"
	setarch "$(uname -m)" -R "tests/fuzz/$name" -max_total_time="${SECONDS_EACH:-60}" -timeout=10 -rss_limit_mb=1024 \
		-print_final_stats=1 -artifact_prefix="found/$name-" "corpus/$name" >"$log" 2>&1 || status=$?
	sed -n "s/^stat::number_of_executed_units: */$name: /p" "$log"
	[ $status -eq 0 ] || { echo "$name: ended with status $status" && tail -n 40 "$log"; }
	return $status
}

if [ $# -gt 0 ]; then
	run "$1"
	exit
fi
find tests/fuzz -type f -executable -printf '%f\n' | sort | BUILD=. xargs -r -P "$(nproc)" -n 1 "$0"
