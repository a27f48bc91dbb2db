/* SPDX-License-Identifier: GPL-2.0 */
/*
 * carveout_native_printk.h - pr_info() and related macros for sources whose
 * pr_fmt() comes after the kernel's headers; part of carveout_native.h
 *
 * Most sources define pr_fmt() on their first lines, others don't define it. With
 * -include, the kernel's headers come first. Their default pr_fmt() would be
 * redefined, with a warning, by a source that has one; without the default, a
 * source that has none would not compile. So the default is undefined again, and
 * the macros here look for a pr_fmt() where they are expanded. Without one,
 * pr_fmt("...") is not a macro and stays as it is; u8 pasted in front of it makes
 * the name of a macro that yields the bare format. With one, the result begins
 * with a string, and u8"..." is a string of the same type in C.
 *
 * -D'pr_fmt(fmt)=fmt' in the Kbuild disables all this. A source without a
 * pr_fmt() needs it for other users of pr_fmt() in the kernel's headers:
 * net_dbg_ratelimited(), pm_pr_dbg(), acpi_handle_debug(), and IP_VS_DBG().
 */
#ifndef _CARVEOUT_NATIVE_PRINTK_H
#define _CARVEOUT_NATIVE_PRINTK_H

#ifdef pr_fmt
#define CARVE_NATIVE_KEEPS_PR_FMT
#endif
#ifdef __CHECKER__ /* sparse doesn't know u8"…", nor warns of a redefinition */
#define CARVE_NATIVE_KEEPS_PR_FMT
#endif

#include <linux/dynamic_debug.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>

#ifndef CARVE_NATIVE_KEEPS_PR_FMT

#undef pr_fmt

#define u8pr_fmt(fmt) fmt
#define carve_native_paste(a, ...) a ## __VA_ARGS__
#define carve_native_expand(a, ...) carve_native_paste(a, __VA_ARGS__)
/* The format, and the arguments that some of them add */
#define carve_native_fmt(fmt) carve_native_expand(u8, pr_fmt(fmt))

/* How is printk, printk_once, printk_ratelimited or no_printk */
#define carve_native_pr(how, level, fmt, ...) \
	how(level carve_native_fmt(fmt), ##__VA_ARGS__)

#undef pr_emerg
#undef pr_alert
#undef pr_crit
#undef pr_err
#undef pr_warn
#undef pr_notice
#undef pr_info
#define pr_emerg(fmt, ...) \
	carve_native_pr(printk, KERN_EMERG, fmt, ##__VA_ARGS__)
#define pr_alert(fmt, ...) \
	carve_native_pr(printk, KERN_ALERT, fmt, ##__VA_ARGS__)
#define pr_crit(fmt, ...) \
	carve_native_pr(printk, KERN_CRIT, fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...) \
	carve_native_pr(printk, KERN_ERR, fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...) \
	carve_native_pr(printk, KERN_WARNING, fmt, ##__VA_ARGS__)
#define pr_notice(fmt, ...) \
	carve_native_pr(printk, KERN_NOTICE, fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...) \
	carve_native_pr(printk, KERN_INFO, fmt, ##__VA_ARGS__)

#undef pr_emerg_once
#undef pr_alert_once
#undef pr_crit_once
#undef pr_err_once
#undef pr_warn_once
#undef pr_notice_once
#undef pr_info_once
#define pr_emerg_once(fmt, ...) \
	carve_native_pr(printk_once, KERN_EMERG, fmt, ##__VA_ARGS__)
#define pr_alert_once(fmt, ...) \
	carve_native_pr(printk_once, KERN_ALERT, fmt, ##__VA_ARGS__)
#define pr_crit_once(fmt, ...) \
	carve_native_pr(printk_once, KERN_CRIT, fmt, ##__VA_ARGS__)
#define pr_err_once(fmt, ...) \
	carve_native_pr(printk_once, KERN_ERR, fmt, ##__VA_ARGS__)
#define pr_warn_once(fmt, ...) \
	carve_native_pr(printk_once, KERN_WARNING, fmt, ##__VA_ARGS__)
#define pr_notice_once(fmt, ...) \
	carve_native_pr(printk_once, KERN_NOTICE, fmt, ##__VA_ARGS__)
#define pr_info_once(fmt, ...) \
	carve_native_pr(printk_once, KERN_INFO, fmt, ##__VA_ARGS__)

#undef pr_emerg_ratelimited
#undef pr_alert_ratelimited
#undef pr_crit_ratelimited
#undef pr_err_ratelimited
#undef pr_warn_ratelimited
#undef pr_notice_ratelimited
#undef pr_info_ratelimited
#define pr_emerg_ratelimited(fmt, ...) \
	carve_native_pr(printk_ratelimited, KERN_EMERG, fmt, ##__VA_ARGS__)
#define pr_alert_ratelimited(fmt, ...) \
	carve_native_pr(printk_ratelimited, KERN_ALERT, fmt, ##__VA_ARGS__)
#define pr_crit_ratelimited(fmt, ...) \
	carve_native_pr(printk_ratelimited, KERN_CRIT, fmt, ##__VA_ARGS__)
#define pr_err_ratelimited(fmt, ...) \
	carve_native_pr(printk_ratelimited, KERN_ERR, fmt, ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...) \
	carve_native_pr(printk_ratelimited, KERN_WARNING, fmt, ##__VA_ARGS__)
#define pr_notice_ratelimited(fmt, ...) \
	carve_native_pr(printk_ratelimited, KERN_NOTICE, fmt, ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...) \
	carve_native_pr(printk_ratelimited, KERN_INFO, fmt, ##__VA_ARGS__)

#undef pr_devel
#undef pr_devel_once
#undef pr_devel_ratelimited
#undef pr_debug
#undef pr_debug_once
#undef pr_debug_ratelimited
#ifdef DEBUG
#define pr_devel(fmt, ...) \
	carve_native_pr(printk, KERN_DEBUG, fmt, ##__VA_ARGS__)
#define pr_devel_once(fmt, ...) \
	carve_native_pr(printk_once, KERN_DEBUG, fmt, ##__VA_ARGS__)
#define pr_devel_ratelimited(fmt, ...) \
	carve_native_pr(printk_ratelimited, KERN_DEBUG, fmt, ##__VA_ARGS__)
#else
#define pr_devel(fmt, ...) \
	carve_native_pr(no_printk, KERN_DEBUG, fmt, ##__VA_ARGS__)
#define pr_devel_once pr_devel
#define pr_devel_ratelimited pr_devel
#endif
#define pr_debug_once pr_devel_once

#if defined(CONFIG_DYNAMIC_DEBUG) || \
	(defined(CONFIG_DYNAMIC_DEBUG_CORE) && defined(DYNAMIC_DEBUG_MODULE))
#define carve_native_dynamic_debug(may, fmt, ...)			\
do {									\
	DEFINE_DYNAMIC_DEBUG_METADATA(descriptor, fmt);			\
									\
	if (DYNAMIC_DEBUG_BRANCH(descriptor) && (may))			\
		__dynamic_pr_debug(&descriptor, carve_native_fmt(fmt),	\
				   ##__VA_ARGS__);			\
} while (0)
#define carve_native_ratelimit()					\
({									\
	static DEFINE_RATELIMIT_STATE(_rs, DEFAULT_RATELIMIT_INTERVAL,	\
				      DEFAULT_RATELIMIT_BURST);		\
									\
	__ratelimit(&_rs);						\
})
#define pr_debug(fmt, ...) \
	carve_native_dynamic_debug(true, fmt, ##__VA_ARGS__)
#define pr_debug_ratelimited(fmt, ...) \
	carve_native_dynamic_debug(carve_native_ratelimit(), fmt, ##__VA_ARGS__)
#else
#define pr_debug pr_devel
#define pr_debug_ratelimited pr_devel_ratelimited
#endif

#endif /* !CARVE_NATIVE_KEEPS_PR_FMT */
#endif /* _CARVEOUT_NATIVE_PRINTK_H */
