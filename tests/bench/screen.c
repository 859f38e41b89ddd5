/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's frames as text, in CPU time of this thread: beside memcmp() of the frame, the least that looks at
 * all of it; and beside tesseract where it is installed.
 */
#include <malloc.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "nvirt/screen_file.h"
#include "support/agent.h"
#include "support/files.h"

#define TIMES 41

/* What fills a console: its own log, coloured lines, drawing. Two pages of it, so that every frame changes all. It is drawn when the shell ends. */
#define FILL \
	"exec >/dev/tty1; printf '\\033[2J\\033[H\\033[?25l'; i=0; while [ $i -lt 100 ]; do " \
	"echo \"[    $i.0815%d] nvirt bench: The quick brown fox jumps over the lazy dog; $((i * 7919)) of $((i * 104729)) " \
	"\\033[1;3$((i %% 7 + 1))mcoloured {%d}\\033[0m /usr/share/doc #$i\"; i=$((i + 1)); done"

struct page {
	struct frame frame;
	GByteArray *bytes; /* as libvirt sent it */
};

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double end_of(GArray *samples)
{
	double middle = median(samples);

	g_array_unref(samples);
	return middle;
}

static struct page take_page(virDomainPtr dom, int number)
{
	g_autofree char *fill = g_strdup_printf(FILL, number, number);
	struct page page;

	g_byte_array_unref(agent_run(dom, fill));
	page.bytes = guest_screenshot(dom);
	if (!frame_from_bytes(page.bytes->data, page.bytes->len, &page.frame, NULL))
		g_error("the guest's screenshot is no picture");
	return page;
}

static void page_free(struct page *page)
{
	g_byte_array_unref(page->bytes);
	g_free((uint32_t *)page->frame.pixels);
}

/* ---- lines ---- */

static double memcmp_us(const struct frame *frame)
{
	gsize size = (gsize)frame->width * (gsize)frame->height * sizeof(uint32_t);
	g_autofree uint32_t *copy = g_memdup2(frame->pixels, size);
	GArray *samples = new_values();
	int differs = 0;

	for (int i = 0; i < TIMES; i++) {
		double from = cpu_us();

		differs += memcmp(copy, frame->pixels, size);
		add_value(samples, cpu_us() - from);
	}
	if (differs)
		g_error("a copy differs from its frame");
	return end_of(samples);
}

/* All of it is new each time. */
static double frame_us(struct recogniser *rec, const struct page pages[2])
{
	GArray *samples = new_values();

	for (int i = 0; i < TIMES; i++) {
		double from = cpu_us();

		recogniser_update(rec, &pages[i & 1].frame, NULL, 0);
		add_value(samples, cpu_us() - from);
	}
	return end_of(samples);
}

static double line_us(struct recogniser *rec, const struct page pages[2])
{
	const struct text_screen *screen = recogniser_update(rec, &pages[0].frame, NULL, 0);
	struct frame_rect line = {0, screen->y + 5 * screen->cell_h, pages[0].frame.width, screen->cell_h};
	GArray *samples = new_values();

	for (int i = 0; i < TIMES; i++) {
		double from = cpu_us();

		recogniser_update(rec, &pages[~i & 1].frame, &line, 1);
		add_value(samples, cpu_us() - from);
	}
	return end_of(samples);
}

/* The text stands where no usual mode puts it: all slices of the search, and the longest. */
static double longest_slice_us(const struct fonts *fonts, const struct frame *frame)
{
	struct frame moved = {frame->width - 5, frame->height - 11, frame->stride,
	        frame->pixels + 11 * (gsize)frame->stride + 5};
	struct recogniser *rec = recogniser_new(fonts);
	double longest, from = cpu_us();
	bool more = true;

	recogniser_update(rec, &moved, NULL, 0);
	longest = cpu_us() - from;
	while (more) {
		from = cpu_us();
		more = recogniser_search(rec, &moved);
		longest = MAX(longest, cpu_us() - from);
	}
	recogniser_free(rec);
	return longest;
}

static double first_us(const struct fonts *fonts, const struct frame *frame)
{
	struct recogniser *rec = recogniser_new(fonts);
	double from = cpu_us(), took;

	recogniser_update(rec, frame, NULL, 0);
	took = cpu_us() - from;
	recogniser_free(rec);
	return took;
}

static double bytes_more(struct recogniser *rec, const struct page pages[2])
{
	gsize before = mallinfo2().uordblks;

	for (int i = 0; i < 100; i++)
		recogniser_update(rec, &pages[i & 1].frame, NULL, 0);
	return (double)mallinfo2().uordblks - (double)before;
}

/* Its CPU time, as it comes: one page of text, no tries, one thread (more spin). NAN = it is not installed. */
static double tesseract_us(const struct bench *bench, const struct page *page)
{
	g_autofree char *program = g_find_program_in_path("tesseract"), *picture = g_build_filename(bench->dir, "page", NULL);
	const char *const argv[] = {"env", "OMP_THREAD_LIMIT=1", program, picture, "-", "--psm", "6", NULL};
	struct run_cost cost;

	if (!program)
		return NAN;
	files_write(picture, (const char *)page->bytes->data, (gssize)page->bytes->len);
	return run_command(argv, &cost) ? cost.cpu_ms * 1000 : NAN;
}

static void bench_mode(struct bench *bench, const char *kind, const char *mode)
{
	virDomainPtr dom;
	struct page pages[2];
	struct fonts *fonts = fonts_new();
	struct recogniser *rec = recogniser_new(fonts);
	g_autofree char *frame = g_strdup_printf("frame to text, %s", mode), *line = g_strdup_printf("line to text, %s", mode);
	g_autofree char *grid = g_strdup_printf("first frame, %s", mode), *slice = g_strdup_printf("longest slice, %s", mode);
	double text_us, ocr_us;

	lab_do(bench->lab, "define", "h1", kind, kind);
	lab_do(bench->lab, "virsh", "h1", "-q", "start", kind);
	dom = virDomainLookupByName(lab_connection(bench->lab, "h1"), kind);
	agent_wait(dom);
	pages[0] = take_page(dom, 1);
	pages[1] = take_page(dom, 2);
	virDomainDestroy(dom);
	virDomainFree(dom);
	recogniser_update(rec, &pages[0].frame, NULL, 0);
	text_us = frame_us(rec, pages);
	ocr_us = tesseract_us(bench, &pages[0]);
	bench_line(bench, &(struct line){.what = frame, .unit = "us", .nvirt = text_us, .floor = memcmp_us(&pages[0].frame),
	                          .peer = NAN, .against = OF_FLOOR, .target = 4, .note = "floor: memcmp"});
	bench_line(bench, &(struct line){.what = line, .unit = "us", .nvirt = line_us(rec, pages), .floor = NAN, .peer = NAN,
	                          .against = ABSOLUTE, .target = 20});
	bench_line(bench, &(struct line){.what = grid, .unit = "us", .nvirt = first_us(fonts, &pages[0].frame), .floor = NAN,
	                          .peer = NAN, .against = ABSOLUTE, .target = 5000, .note = "with the grid"});
	bench_line(bench, &(struct line){.what = slice, .unit = "us", .nvirt = longest_slice_us(fonts, &pages[0].frame),
	                          .floor = NAN, .peer = NAN, .against = ABSOLUTE, .target = 5000, .note = "no usual place"});
	bench_line(bench, &(struct line){.what = "heap after 100 frames", .unit = "bytes more", .nvirt = bytes_more(rec, pages),
	                          .floor = NAN, .peer = NAN, .against = ABSOLUTE, .target = 0});
	if (isfinite(ocr_us))
		bench_line(bench, &(struct line){.what = "page to text", .unit = "us", .nvirt = text_us, .floor = NAN,
		                          .peer = ocr_us, .against = OF_PEER, .target = 0.001, .note = "peer: tesseract"});
	page_free(&pages[0]);
	page_free(&pages[1]);
	recogniser_free(rec);
	fonts_free(fonts);
}

void bench_screen(struct bench *bench)
{
	bench_mode(bench, "linux-fonts", "80x25");
	if (!bench->quick && g_file_test("/usr/share/OVMF", G_FILE_TEST_IS_DIR))
		bench_mode(bench, "linux-fonts-uefi", "160x50");
}
