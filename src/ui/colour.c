/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic of colours: see colour.h. The formulas are IEC 61966-2-1 (sRGB), CIE 15 (L*a*b*, D65) and WCAG 2. */
#include "colour.h"

#include <math.h>

int colour_palette_rgb(int index)
{
	static const int basic[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
	        0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
	static const int step[6] = {0, 95, 135, 175, 215, 255};
	if (index < 16)
		return basic[index & 15];
	if (index >= 232)
		return (8 + 10 * (index - 232)) * 0x010101;
	index -= 16;
	return step[index / 36] << 16 | step[index / 6 % 6] << 8 | step[index % 6];
}

static double linear(int channel)
{
	double value = channel / 255.0;
	return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double root(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

struct colour_lab colour_lab(int rgb)
{
	double r = linear(rgb >> 16 & 255), g = linear(rgb >> 8 & 255), b = linear(rgb & 255);
	double x = root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
	double y = root(0.2126 * r + 0.7152 * g + 0.0722 * b);
	double z = root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
	return (struct colour_lab){(float)(116 * y - 16), (float)(500 * (x - y)), (float)(200 * (y - z))};
}

static float distance(struct colour_lab a, struct colour_lab b)
{
	float l = a.l - b.l, s = a.a - b.a, t = a.b - b.b;
	return l * l + s * s + t * t;
}

int colour_nearest_256(int rgb)
{
	struct colour_lab wanted = colour_lab(rgb);
	int best = 16;
	float least = distance(colour_lab(colour_palette_rgb(best)), wanted);
	for (int i = 17; i < 256; i++) {
		float d = distance(colour_lab(colour_palette_rgb(i)), wanted);
		if (d < least) {
			least = d;
			best = i;
		}
	}
	return best;
}

static double luminance(int rgb)
{
	return 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) + 0.0722 * linear(rgb & 255);
}

double colour_contrast(int rgb_a, int rgb_b)
{
	double a = luminance(rgb_a), b = luminance(rgb_b);
	return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

int colour_mix(int rgb, int other, double share)
{
	int out = 0;
	for (int shift = 16; shift >= 0; shift -= 8)
		out |= (int)lround((rgb >> shift & 255) * share + (other >> shift & 255) * (1 - share)) << shift;
	return out;
}
