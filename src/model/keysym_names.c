/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The characters behind the names that keyboard tables use: the part of X11's keysymdef.h
 * (its comments give the code points) that QEMU's tables need. Sorted by name, byte by byte.
 */
#include "keysym_names.h"

#include <stdlib.h>
#include <string.h>

struct keysym_name {
	const char *name;
	gunichar ch;
};

/* clang-format off */
static const struct keysym_name names[] = {
	{"AE", 0xc6}, {"Aacute", 0xc1}, {"Acircumflex", 0xc2}, {"Adiaeresis", 0xc4}, {"Agrave", 0xc0},
	{"Amacron", 0x100}, {"Aogonek", 0x104}, {"Arabic_0", 0x660}, {"Arabic_1", 0x661}, {"Arabic_2", 0x662},
	{"Arabic_3", 0x663}, {"Arabic_4", 0x664}, {"Arabic_5", 0x665}, {"Arabic_6", 0x666}, {"Arabic_7", 0x667},
	{"Arabic_8", 0x668}, {"Arabic_9", 0x669}, {"Arabic_ain", 0x639}, {"Arabic_alef", 0x627},
	{"Arabic_alefmaksura", 0x649}, {"Arabic_beh", 0x628}, {"Arabic_comma", 0x60c}, {"Arabic_dad", 0x636},
	{"Arabic_dal", 0x62f}, {"Arabic_damma", 0x64f}, {"Arabic_dammatan", 0x64c}, {"Arabic_fatha", 0x64e},
	{"Arabic_fathatan", 0x64b}, {"Arabic_feh", 0x641}, {"Arabic_gaf", 0x6af}, {"Arabic_ghain", 0x63a},
	{"Arabic_ha", 0x647}, {"Arabic_hah", 0x62d}, {"Arabic_hamza", 0x621}, {"Arabic_hamzaonalef", 0x623},
	{"Arabic_hamzaonwaw", 0x624}, {"Arabic_hamzaonyeh", 0x626}, {"Arabic_hamzaunderalef", 0x625},
	{"Arabic_jeem", 0x62c}, {"Arabic_jeh", 0x698}, {"Arabic_kaf", 0x643}, {"Arabic_kasra", 0x650},
	{"Arabic_kasratan", 0x64d}, {"Arabic_khah", 0x62e}, {"Arabic_lam", 0x644}, {"Arabic_maddaonalef", 0x622},
	{"Arabic_meem", 0x645}, {"Arabic_noon", 0x646}, {"Arabic_peh", 0x67e}, {"Arabic_percent", 0x66a},
	{"Arabic_qaf", 0x642}, {"Arabic_question_mark", 0x61f}, {"Arabic_ra", 0x631}, {"Arabic_sad", 0x635},
	{"Arabic_seen", 0x633}, {"Arabic_semicolon", 0x61b}, {"Arabic_shadda", 0x651}, {"Arabic_sheen", 0x634},
	{"Arabic_sukun", 0x652}, {"Arabic_superscript_alef", 0x670}, {"Arabic_tah", 0x637}, {"Arabic_tatweel", 0x640},
	{"Arabic_tcheh", 0x686}, {"Arabic_teh", 0x62a}, {"Arabic_tehmarbuta", 0x629}, {"Arabic_thal", 0x630},
	{"Arabic_theh", 0x62b}, {"Arabic_veh", 0x6a4}, {"Arabic_waw", 0x648}, {"Arabic_yeh", 0x64a},
	{"Arabic_zah", 0x638}, {"Arabic_zain", 0x632}, {"Aring", 0xc5}, {"Cacute", 0x106}, {"Ccaron", 0x10c},
	{"Ccedilla", 0xc7}, {"Cyrillic_A", 0x410}, {"Cyrillic_BE", 0x411}, {"Cyrillic_CHE", 0x427},
	{"Cyrillic_DE", 0x414}, {"Cyrillic_DZHE", 0x40f}, {"Cyrillic_E", 0x42d}, {"Cyrillic_EF", 0x424},
	{"Cyrillic_EL", 0x41b}, {"Cyrillic_EM", 0x41c}, {"Cyrillic_EN", 0x41d}, {"Cyrillic_ER", 0x420},
	{"Cyrillic_ES", 0x421}, {"Cyrillic_GHE", 0x413}, {"Cyrillic_HA", 0x425}, {"Cyrillic_HARDSIGN", 0x42a},
	{"Cyrillic_I", 0x418}, {"Cyrillic_IE", 0x415}, {"Cyrillic_IO", 0x401}, {"Cyrillic_JE", 0x408},
	{"Cyrillic_KA", 0x41a}, {"Cyrillic_LJE", 0x409}, {"Cyrillic_NJE", 0x40a}, {"Cyrillic_O", 0x41e},
	{"Cyrillic_PE", 0x41f}, {"Cyrillic_SHA", 0x428}, {"Cyrillic_SHCHA", 0x429}, {"Cyrillic_SHORTI", 0x419},
	{"Cyrillic_SOFTSIGN", 0x42c}, {"Cyrillic_TE", 0x422}, {"Cyrillic_TSE", 0x426}, {"Cyrillic_U", 0x423},
	{"Cyrillic_VE", 0x412}, {"Cyrillic_YA", 0x42f}, {"Cyrillic_YERU", 0x42b}, {"Cyrillic_YU", 0x42e},
	{"Cyrillic_ZE", 0x417}, {"Cyrillic_ZHE", 0x416}, {"Cyrillic_a", 0x430}, {"Cyrillic_be", 0x431},
	{"Cyrillic_che", 0x447}, {"Cyrillic_de", 0x434}, {"Cyrillic_dzhe", 0x45f}, {"Cyrillic_e", 0x44d},
	{"Cyrillic_ef", 0x444}, {"Cyrillic_el", 0x43b}, {"Cyrillic_em", 0x43c}, {"Cyrillic_en", 0x43d},
	{"Cyrillic_er", 0x440}, {"Cyrillic_es", 0x441}, {"Cyrillic_ghe", 0x433}, {"Cyrillic_ha", 0x445},
	{"Cyrillic_hardsign", 0x44a}, {"Cyrillic_i", 0x438}, {"Cyrillic_ie", 0x435}, {"Cyrillic_io", 0x451},
	{"Cyrillic_je", 0x458}, {"Cyrillic_ka", 0x43a}, {"Cyrillic_lje", 0x459}, {"Cyrillic_nje", 0x45a},
	{"Cyrillic_o", 0x43e}, {"Cyrillic_pe", 0x43f}, {"Cyrillic_sha", 0x448}, {"Cyrillic_shcha", 0x449},
	{"Cyrillic_shorti", 0x439}, {"Cyrillic_softsign", 0x44c}, {"Cyrillic_te", 0x442}, {"Cyrillic_tse", 0x446},
	{"Cyrillic_u", 0x443}, {"Cyrillic_ve", 0x432}, {"Cyrillic_ya", 0x44f}, {"Cyrillic_yeru", 0x44b},
	{"Cyrillic_yu", 0x44e}, {"Cyrillic_ze", 0x437}, {"Cyrillic_zhe", 0x436}, {"Dstroke", 0x110}, {"ENG", 0x14a},
	{"ETH", 0xd0}, {"EZH", 0x1b7}, {"Eabovedot", 0x116}, {"Eacute", 0xc9}, {"Egrave", 0xc8}, {"Emacron", 0x112},
	{"Eogonek", 0x118}, {"EuroSign", 0x20ac}, {"Gbreve", 0x11e}, {"Gcedilla", 0x122}, {"Greek_OMEGA", 0x3a9},
	{"Greek_PI", 0x3a0}, {"Greek_mu", 0x3bc}, {"Greek_pi", 0x3c0}, {"Hstroke", 0x126}, {"Iabovedot", 0x130},
	{"Iacute", 0xcd}, {"Icircumflex", 0xce}, {"Idiaeresis", 0xcf}, {"Igrave", 0xcc}, {"Imacron", 0x12a},
	{"Iogonek", 0x12e}, {"Kcedilla", 0x136}, {"Lcedilla", 0x13b}, {"Lstroke", 0x141}, {"Macedonia_DSE", 0x405},
	{"Macedonia_GJE", 0x403}, {"Macedonia_KJE", 0x40c}, {"Macedonia_dse", 0x455}, {"Macedonia_gje", 0x453},
	{"Macedonia_kje", 0x45c}, {"Nacute", 0x143}, {"Ncedilla", 0x145}, {"Ntilde", 0xd1}, {"OE", 0x152},
	{"Oacute", 0xd3}, {"Ocircumflex", 0xd4}, {"Odiaeresis", 0xd6}, {"Odoubleacute", 0x150}, {"Ograve", 0xd2},
	{"Omacron", 0x14c}, {"Ooblique", 0xd8}, {"Oslash", 0xd8}, {"Rcedilla", 0x156}, {"SCHWA", 0x18f},
	{"Sacute", 0x15a}, {"Scaron", 0x160}, {"Scedilla", 0x15e}, {"THORN", 0xde}, {"Thai_baht", 0xe3f},
	{"Thai_bobaimai", 0xe1a}, {"Thai_chochan", 0xe08}, {"Thai_chochang", 0xe0a}, {"Thai_choching", 0xe09},
	{"Thai_chochoe", 0xe0c}, {"Thai_dochada", 0xe0e}, {"Thai_dodek", 0xe14}, {"Thai_fofa", 0xe1d},
	{"Thai_fofan", 0xe1f}, {"Thai_hohip", 0xe2b}, {"Thai_honokhuk", 0xe2e}, {"Thai_khokhai", 0xe02},
	{"Thai_khokhon", 0xe05}, {"Thai_khokhuat", 0xe03}, {"Thai_khokhwai", 0xe04}, {"Thai_khorakhang", 0xe06},
	{"Thai_kokai", 0xe01}, {"Thai_lakkhangyao", 0xe45}, {"Thai_lekchet", 0xe57}, {"Thai_lekha", 0xe55},
	{"Thai_lekhok", 0xe56}, {"Thai_lekkao", 0xe59}, {"Thai_leknung", 0xe51}, {"Thai_lekpaet", 0xe58},
	{"Thai_leksam", 0xe53}, {"Thai_leksi", 0xe54}, {"Thai_leksong", 0xe52}, {"Thai_leksun", 0xe50},
	{"Thai_lochula", 0xe2c}, {"Thai_loling", 0xe25}, {"Thai_lu", 0xe26}, {"Thai_maichattawa", 0xe4b},
	{"Thai_maiek", 0xe48}, {"Thai_maihanakat", 0xe31}, {"Thai_maitaikhu", 0xe47}, {"Thai_maitho", 0xe49},
	{"Thai_maitri", 0xe4a}, {"Thai_maiyamok", 0xe46}, {"Thai_moma", 0xe21}, {"Thai_ngongu", 0xe07},
	{"Thai_nikhahit", 0xe4d}, {"Thai_nonen", 0xe13}, {"Thai_nonu", 0xe19}, {"Thai_oang", 0xe2d},
	{"Thai_paiyannoi", 0xe2f}, {"Thai_phinthu", 0xe3a}, {"Thai_phophan", 0xe1e}, {"Thai_phophung", 0xe1c},
	{"Thai_phosamphao", 0xe20}, {"Thai_popla", 0xe1b}, {"Thai_rorua", 0xe23}, {"Thai_ru", 0xe24},
	{"Thai_saraa", 0xe30}, {"Thai_saraaa", 0xe32}, {"Thai_saraae", 0xe41}, {"Thai_saraaimaimalai", 0xe44},
	{"Thai_saraaimaimuan", 0xe43}, {"Thai_saraam", 0xe33}, {"Thai_sarae", 0xe40}, {"Thai_sarai", 0xe34},
	{"Thai_saraii", 0xe35}, {"Thai_sarao", 0xe42}, {"Thai_sarau", 0xe38}, {"Thai_saraue", 0xe36},
	{"Thai_sarauee", 0xe37}, {"Thai_sarauu", 0xe39}, {"Thai_sorusi", 0xe29}, {"Thai_sosala", 0xe28},
	{"Thai_soso", 0xe0b}, {"Thai_sosua", 0xe2a}, {"Thai_thanthakhat", 0xe4c}, {"Thai_thonangmontho", 0xe11},
	{"Thai_thophuthao", 0xe12}, {"Thai_thothahan", 0xe17}, {"Thai_thothan", 0xe10}, {"Thai_thothong", 0xe18},
	{"Thai_thothung", 0xe16}, {"Thai_topatak", 0xe0f}, {"Thai_totao", 0xe15}, {"Thai_wowaen", 0xe27},
	{"Thai_yoyak", 0xe22}, {"Thai_yoying", 0xe0d}, {"Tslash", 0x166}, {"Uacute", 0xda}, {"Ucircumflex", 0xdb},
	{"Udiaeresis", 0xdc}, {"Udoubleacute", 0x170}, {"Ugrave", 0xd9}, {"Umacron", 0x16a}, {"Uogonek", 0x172},
	{"Zabovedot", 0x17b}, {"Zacute", 0x179}, {"Zcaron", 0x17d}, {"aacute", 0xe1}, {"abovedot", 0x2d9},
	{"acircumflex", 0xe2}, {"acute", 0xb4}, {"adiaeresis", 0xe4}, {"ae", 0xe6}, {"agrave", 0xe0},
	{"amacron", 0x101}, {"ampersand", 0x26}, {"aogonek", 0x105}, {"apostrophe", 0x27}, {"approxeq", 0x2248},
	{"aring", 0xe5}, {"asciicircum", 0x5e}, {"asciitilde", 0x7e}, {"asterisk", 0x2a}, {"at", 0x40},
	{"backslash", 0x5c}, {"bar", 0x7c}, {"braceleft", 0x7b}, {"braceright", 0x7d}, {"bracketleft", 0x5b},
	{"bracketright", 0x5d}, {"breve", 0x2d8}, {"brokenbar", 0xa6}, {"cacute", 0x107}, {"caron", 0x2c7},
	{"ccaron", 0x10d}, {"ccedilla", 0xe7}, {"cedilla", 0xb8}, {"cent", 0xa2}, {"colon", 0x3a}, {"comma", 0x2c},
	{"copyright", 0xa9}, {"currency", 0xa4}, {"degree", 0xb0}, {"diaeresis", 0xa8}, {"division", 0xf7},
	{"dollar", 0x24}, {"doubleacute", 0x2dd}, {"doublelowquotemark", 0x201e}, {"downarrow", 0x2193},
	{"dstroke", 0x111}, {"eabovedot", 0x117}, {"eacute", 0xe9}, {"ecaron", 0x11b}, {"egrave", 0xe8},
	{"ellipsis", 0x2026}, {"emacron", 0x113}, {"emdash", 0x2014}, {"endash", 0x2013}, {"eng", 0x14b},
	{"eogonek", 0x119}, {"equal", 0x3d}, {"eth", 0xf0}, {"exclam", 0x21}, {"exclamdown", 0xa1}, {"ezh", 0x292},
	{"fiveeighths", 0x215d}, {"gbreve", 0x11f}, {"gcedilla", 0x123}, {"grave", 0x60}, {"greater", 0x3e},
	{"greaterthanequal", 0x2265}, {"guillemotleft", 0xab}, {"guillemotright", 0xbb}, {"horizconnector", 0x2500},
	{"hstroke", 0x127}, {"hyphen", 0xad}, {"iacute", 0xed}, {"icircumflex", 0xee}, {"idiaeresis", 0xef},
	{"idotless", 0x131}, {"igrave", 0xec}, {"imacron", 0x12b}, {"infinity", 0x221e}, {"iogonek", 0x12f},
	{"kcedilla", 0x137}, {"kra", 0x138}, {"lcedilla", 0x13c}, {"leftarrow", 0x2190},
	{"leftdoublequotemark", 0x201c}, {"leftsinglequotemark", 0x2018}, {"less", 0x3c}, {"lessthanequal", 0x2264},
	{"logicaland", 0x2227}, {"logicalor", 0x2228}, {"lstroke", 0x142}, {"macron", 0xaf}, {"masculine", 0xba},
	{"minus", 0x2d}, {"mu", 0xb5}, {"multiply", 0xd7}, {"nacute", 0x144}, {"ncedilla", 0x146},
	{"nobreakspace", 0xa0}, {"notequal", 0x2260}, {"notsign", 0xac}, {"ntilde", 0xf1}, {"numbersign", 0x23},
	{"numerosign", 0x2116}, {"oacute", 0xf3}, {"ocircumflex", 0xf4}, {"odiaeresis", 0xf6},
	{"odoubleacute", 0x151}, {"oe", 0x153}, {"ogonek", 0x2db}, {"ograve", 0xf2}, {"omacron", 0x14d},
	{"oneeighth", 0x215b}, {"onehalf", 0xbd}, {"onequarter", 0xbc}, {"onesuperior", 0xb9}, {"ordfeminine", 0xaa},
	{"oslash", 0xf8}, {"paragraph", 0xb6}, {"parenleft", 0x28}, {"parenright", 0x29}, {"percent", 0x25},
	{"period", 0x2e}, {"periodcentered", 0xb7}, {"permille", 0x2030}, {"plus", 0x2b}, {"plusminus", 0xb1},
	{"question", 0x3f}, {"questiondown", 0xbf}, {"quotedbl", 0x22}, {"rcaron", 0x159}, {"rcedilla", 0x157},
	{"registered", 0xae}, {"rightarrow", 0x2192}, {"rightdoublequotemark", 0x201d},
	{"rightsinglequotemark", 0x2019}, {"sacute", 0x15b}, {"scaron", 0x161}, {"scedilla", 0x15f}, {"schwa", 0x259},
	{"section", 0xa7}, {"semicolon", 0x3b}, {"seveneighths", 0x215e}, {"singlelowquotemark", 0x201a},
	{"slash", 0x2f}, {"space", 0x20}, {"ssharp", 0xdf}, {"sterling", 0xa3}, {"thorn", 0xfe},
	{"threeeighths", 0x215c}, {"threequarters", 0xbe}, {"threesuperior", 0xb3}, {"trademark", 0x2122},
	{"tslash", 0x167}, {"twosuperior", 0xb2}, {"uacute", 0xfa}, {"ucircumflex", 0xfb}, {"udiaeresis", 0xfc},
	{"udoubleacute", 0x171}, {"ugrave", 0xf9}, {"umacron", 0x16b}, {"underscore", 0x5f}, {"uogonek", 0x173},
	{"uparrow", 0x2191}, {"uring", 0x16f}, {"yacute", 0xfd}, {"ydiaeresis", 0xff}, {"yen", 0xa5},
	{"zabovedot", 0x17c}, {"zacute", 0x17a}, {"zcaron", 0x17e},
};
/* clang-format on */

static int compare(const void *name, const void *row)
{
	return strcmp(name, ((const struct keysym_name *)row)->name);
}

gunichar keysym_name_character(const char *name)
{
	const struct keysym_name *row;

	if (name[0] && !name[1])
		return (guchar)name[0];
	row = bsearch(name, names, G_N_ELEMENTS(names), sizeof(*names), compare);
	if (row)
		return row->ch;
	if (name[0] == 'U' && strlen(name) >= 5 && strspn(name + 1, "0123456789abcdefABCDEF") == strlen(name + 1))
		return (gunichar)strtoul(name + 1, NULL, 16);
	if (g_str_has_prefix(name, "0x0100"))
		return (gunichar)(strtoul(name, NULL, 16) & 0xffffff);
	return 0;
}
