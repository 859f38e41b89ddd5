# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rules of tests/lint.sh for C: one message "file:line: [rule] text" a breach.
# Run with -v root=DIR on paths relative to it. Comments and the inside of
# strings are taken out before a rule looks, so that both may name what is banned.

function breach(rule, text) {
	printf "%s:%d: [%s] %s\n", name, FNR, rule, text
}

function folder(path) {
	if (match(path, /^src\/[a-z]+\//))
		return substr(path, 5, RLENGTH - 5)
	return path ~ /^src\// ? "src" : path ~ /^include\// ? "include" : "tests"
}

# The line without comments; contents of strings and characters become nothing.
function strip(line,    out, rest) {
	out = ""
	while (line != "") {
		if (in_comment) {
			if (!match(line, /\*\//))
				return out
			line = substr(line, RSTART + 2)
			in_comment = 0
		} else if (match(line, /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\/\*|\/\//)) {
			rest = substr(line, RSTART, RLENGTH)
			out = out substr(line, 1, RSTART - 1)
			line = substr(line, RSTART + RLENGTH)
			if (rest == "//")
				return out
			if (rest == "/*")
				in_comment = 1
			else
				out = out substr(rest, 1, 1) substr(rest, 1, 1)
		} else {
			out = out line
			line = ""
		}
	}
	return out
}

function exists(path,    line, there) {
	there = (getline line < path) >= 0
	close(path)
	return there
}

function check_system_include(header) {
	if (header ~ /^(n?cursesw?|ncursesw?\/.*|term|panel|menu|form)\.h$/ && name !~ /^src\/ui\/term(_[a-z]+)?\.[ch]$/)
		breach("layers", "only src/ui/term*.c talk to curses")
	if (header ~ /^libvirt\// && where != "backend" && where != "tests")
		breach("layers", "only src/backend includes libvirt")
	if (header ~ /^chafa/ && name != "src/ui/graphic_sixel.c")
		breach("layers", "only src/ui/graphic_sixel.c includes libchafa")
	if (header ~ /^(rfb\/.*|vterm)\.h$/ && where != "console" && where != "tests")
		breach("layers", "only src/console includes libvncclient and libvterm")
	if (where == "model" && header ~ /^(pthread|threads|fcntl|poll|signal|sys\/.*|gio\/.*|glib\/gstdio|netinet\/.*)\.h$/)
		breach("pure", "src/model does no I/O and has no threads")
	if (where == "include" && header !~ /^(glib|std[a-z]+|time|inttypes)\.h$/)
		breach("layers", "a contract between folders includes only glib and the C library's types")
}

function check_own_include(header,    dir) {
	if (where == "tests")
		return
	if (where == "model" && header ~ /^nvirt\/(backend|options|console)\.h$/)
		breach("upward", "src/model knows nothing of what is around it")
	if ((where == "backend" || where == "console") && header ~ /^nvirt\/options\.h$/)
		breach("upward", "workers know no front door")
	if (header ~ /^nvirt\//)
		return
	dir = name
	sub(/[^\/]*$/, "", dir)
	sub("^" where "/", "", header)
	if (where == "src" || where == "include" || header ~ /\// || !exists(root "/" dir header))
		breach("private", "\"" header "\" is no contract (nvirt/…) and does not lie beside this file")
}

function check_include(line,    header) {
	if (!match(line, /^[ \t]*#[ \t]*include[ \t]*[<"][^>"]*[>"]/))
		return
	header = line
	sub(/^[^<"]*[<"]/, "", header)
	sub(/[>"].*$/, "", header)
	if (line ~ /include[ \t]*</)
		check_system_include(header)
	else
		check_own_include(header)
}

function calls(code, names) {
	return match(code, "(^|[^A-Za-z0-9_.>])(" names ")[ \t]*\\(")
}

function check_calls(code) {
	if (calls(code, "initscr|sprintf|vsprintf|strcpy|strcat|strtok|gets|system|alloca|tmpnam|mktemp"))
		breach("banned", "unsafe call: " substr(code, RSTART, RLENGTH))
	if (calls(code, "sleep|usleep|nanosleep|clock_nanosleep|g_usleep|napms"))
		breach("sleep", "wait for an event with a deadline: " substr(code, RSTART, RLENGTH))
	if (where == "tests")
		return
	if (calls(code, "g_main_context_default|g_idle_add(_full)?|g_timeout_add(_full|_seconds)?|g_unix_fd_add(_full)?|g_unix_signal_add(_full)?|g_io_add_watch(_full)?|g_child_watch_add(_full)?") ||
	        code ~ /g_source_attach *\([^,]*, *NULL *\)/ || code ~ /g_main_(loop_new|context_(iteration|wakeup|push_thread_default)) *\( *NULL/)
		breach("context", "the default GMainContext belongs to libvirt's event thread")
	if (where == "model" && (calls(code, "g_(thread|mutex|cond|rw_lock|rec_mutex|private|async_queue)_[a-z_]+|pthread_[a-z_]+|fopen|open|read|write|g_file_[a-z_]+|g_spawn_[a-z_]+|popen|getenv|g_getenv")))
		breach("pure", "src/model does no I/O and has no threads: " substr(code, RSTART, RLENGTH))
}

function check_function_length(raw) {
	if (raw == "{")
		opened = FNR
	if (raw == "}" && opened) {
		if (FNR - opened - 1 > 80)
			breach("length", "a function of " FNR - opened - 1 " lines (80 at most): a table, or two functions")
		opened = 0
	}
}

function check_guard(code) {
	if (guard != "" || code ~ /^[ \t]*$/)
		return
	guard = code ~ /^#[ \t]*ifndef [A-Z0-9_]+$/ ? "there" : "missing"
	if (guard == "missing")
		breach("guard", "a header begins with its include guard")
}

FNR == 1 {
	name = FILENAME
	sub(/^\.\//, "", name)
	if (index(name, root "/") == 1)
		name = substr(name, length(root) + 2)
	where = folder(name)
	in_comment = 0
	opened = 0
	guard = name ~ /\.h$/ ? "" : "no header"
}

{
	if (!in_comment)
		check_include($0)
	code = strip($0)
	check_guard(code)
	check_calls(code)
	check_function_length($0)
	if (code ~ /(^|[ \t])typedef[ \t]+(struct|enum|union)/ && $0 !~ /for g_auto\(\) only/)
		breach("typedef", "no typedef of structs, enums or unions")
	generated = FNR == 1 ? 0 : FNR == 2 ? $0 ~ /^\/\* Generated by / : generated
	if (FNR == 701 && !generated)
		breach("size", "more than 700 lines: one job a file")
}
